box.innerHTML = text; // bad
box.insertAdjacentHTML("beforeend", text); // bad
document.write(text); // bad
eval(text); // bad
new Function(text); // bad
box.textContent = text; // good
box.append(text); // good
