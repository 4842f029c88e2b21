// The comparison of records: whose record is kept, its values are proposed; each can still be chosen otherwise.

import { isTouched } from "./touched.js";

function radiosOf(form) {
  return [...form.querySelectorAll("input[type=radio]")];
}

function propose(kept, isFree = () => true) {
  for (const choice of radiosOf(kept.form)) {
    // Which resume is current is a question of its age, not of the record.
    if (choice.name !== "keep" && choice.name !== "resume" && choice.value === kept.value && isFree(choice.name)) {
      choice.checked = true;
    }
  }
}

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLInputElement && field.name === "keep" && field.form) {
    propose(field);
  }
});

const early = [...document.querySelectorAll("input[name=keep]:checked")].find(isTouched);
if (early) {
  const chosen = new Set(radiosOf(early.form).filter(isTouched).map((choice) => choice.name));
  propose(early, (name) => !chosen.has(name));
}
