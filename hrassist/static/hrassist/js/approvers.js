// The chain of approvers as rows that are added, removed and moved; the plain form has the same rows with numbers.

for (const form of document.querySelectorAll("form[data-approvers]")) {
  const list = form.querySelector("[data-rows]");
  const said = form.querySelector("[data-said]");
  const add = form.querySelector("[data-add]");
  const rows = () => [...list.querySelectorAll("[data-row]")];
  const shown = () => rows().filter((row) => !row.hidden);
  const select = (row) => row.querySelector("select");
  const nameOf = (row) => select(row).selectedOptions[0]?.textContent.trim() ?? "";

  const tidy = () => {
    const visible = shown();
    visible.forEach((row, index) => {
      row.querySelector("input[name=order]").value = index + 1;
      select(row).setAttribute("aria-label", `Approver ${index + 1}`);
      select(row).required = index === 0;
      row.querySelector("[data-up]").disabled = index === 0;
      row.querySelector("[data-down]").disabled = index === visible.length - 1;
      row.querySelector("[data-remove]").hidden = visible.length === 1;
    });
    add.hidden = visible.length === rows().length;
  };

  const move = (row, other, button) => {
    if (button.matches("[data-up]")) {
      other.before(row);
    } else {
      other.after(row);
    }
    tidy();
    const place = shown().indexOf(row) + 1;
    said.textContent = `${nameOf(row)} is asked as number ${place}.`;
    (button.disabled ? select(row) : button).focus();
  };

  rows().forEach((row, index) => {
    row.querySelector("input[name=order]").type = "hidden";
    row.querySelector("[data-tools]").hidden = false;
    row.hidden = index > 0 && !select(row).value;
  });
  form.querySelector("[data-no-script]").hidden = true;
  tidy();

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[type=button]");
    if (!button) {
      return;
    }
    const row = button.closest("[data-row]");
    const visible = shown();
    if (button === add) {
      const next = rows().find((one) => one.hidden);
      next.hidden = false;
      list.append(next);
      tidy();
      select(next).focus();
    } else if (button.matches("[data-remove]")) {
      said.textContent = `${nameOf(row)} is taken out.`;
      select(row).value = "";
      row.hidden = true;
      tidy();
      select(shown().at(-1)).focus();
    } else {
      const other = visible[visible.indexOf(row) + (button.matches("[data-up]") ? -1 : 1)];
      if (other) {
        move(row, other, button);
      }
    }
  });
}
