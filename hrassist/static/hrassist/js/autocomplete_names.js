// Fields that are searched while typing are built by a script that leaves them without a name for screen readers.

function nameOf(select) {
  return select.labels?.[0]?.textContent.trim() || select.getAttribute("aria-label") || select.name;
}

function nameFields(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete, select.select2-hidden-accessible")) {
    const built = select.nextElementSibling;
    if (!built?.classList.contains("select2")) continue;
    for (const part of built.querySelectorAll("[role=combobox], [role=textbox], [role=searchbox]")) {
      part.setAttribute("aria-label", nameOf(select));
    }
  }
}

addEventListener("load", () => nameFields(document));
document.addEventListener("formset:added", (event) => nameFields(event.target));
document.addEventListener("focusin", (event) => {
  if (event.target.matches(".select2-search__field")) event.target.setAttribute("aria-label", "Search");
});
