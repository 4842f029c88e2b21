// Copy buttons beside read-only addresses; without script the field is there to be selected.

const said = document.querySelector("[data-copied]");

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = button.parentElement.querySelector("[data-copy-from]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    let done = false;
    try {
      await navigator.clipboard.writeText(field.value);
      done = true;
    } catch {
      // No permission, or no TLS: the text is selected, the keys do the rest.
      done = false;
    }
    if (said) {
      said.textContent = done ? "The address is copied." : "The address is selected: copy it with Ctrl and C.";
    }
    button.classList.toggle("primary", done);
  });
}
