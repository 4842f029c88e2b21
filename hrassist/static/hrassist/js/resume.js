// A parsed value leads to its place in the text and on the page's picture; a link from a ranked list does the same.

const page = document.querySelector("[data-resume]");

function show(key, pageNumber, { focus = false } = {}) {
  for (const mark of page.querySelectorAll("mark.active")) {
    mark.classList.remove("active");
  }
  for (const value of page.querySelectorAll("[data-show]")) {
    value.toggleAttribute("aria-current", value.dataset.show === key);
  }
  const marks = [...page.querySelectorAll("mark")].filter((mark) => mark.dataset.spans.split(" ").includes(key));
  marks.forEach((mark) => mark.classList.add("active"));
  scrollInside(marks[0]);
  const number = pageNumber || marks[0]?.closest("[data-page]")?.dataset.page;
  for (const picture of page.querySelectorAll("figure")) {
    const active = picture.dataset.page === String(number);
    picture.classList.toggle("active", active);
    if (active) {
      scrollInside(picture);
    }
  }
  if (focus) {
    page.querySelector(".resume-text")?.focus({ preventScroll: true });
  }
}

// Scrolls the nearest box that scrolls, not the whole page.
function scrollInside(element) {
  const box = element?.closest(".resume-text, .resume-pictures");
  if (!box) {
    return;
  }
  const top = element.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
  const margin = element.tagName === "FIGURE" ? 12 : box.clientHeight / 3;
  box.scrollTo({ top: Math.max(0, top - margin), behavior: "smooth" });
}

if (page) {
  page.addEventListener("click", (event) => {
    const value = event.target.closest?.("[data-show]");
    if (value) {
      event.preventDefault();
      history.replaceState(null, "", `#${value.dataset.show}`);
      show(value.dataset.show, value.dataset.page);
    }
  });
  const asked = location.hash.slice(1);
  if (asked) {
    show(asked);
  } else if (page.querySelector("mark.quote")) {
    show("quote");
  } else if (page.querySelector("mark.hit")) {
    show("hit-1");
  }
}
