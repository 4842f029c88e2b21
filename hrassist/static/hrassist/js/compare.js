// The comparison of records: whose record is kept, its values are proposed; each can still be chosen otherwise.

document.addEventListener("change", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || field.name !== "keep" || !field.form) {
    return;
  }
  for (const choice of field.form.querySelectorAll("input[type=radio]")) {
    // Which resume is current is a question of its age, not of the record.
    if (choice.name !== "keep" && choice.name !== "resume" && choice.value === field.value) {
      choice.checked = true;
    }
  }
});
