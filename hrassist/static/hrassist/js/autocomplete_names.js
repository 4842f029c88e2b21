// Fields that are searched while typing are built by a script that leaves them without a name for screen readers.

// A label may stand around its field, whose choices are not part of the name.
function nameOf(select) {
  const label = select.labels?.[0]?.cloneNode(true);
  for (const inside of label?.querySelectorAll("select, .select2") ?? []) inside.remove();
  return label?.textContent.trim() || select.getAttribute("aria-label") || select.name;
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

// That script comes when it likes, also after the page has loaded, and again for each row that is added.
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const added of change.addedNodes) if (added.classList?.contains("select2")) nameFields(added.parentElement);
  }
}).observe(document.body, { childList: true, subtree: true });
nameFields(document);
document.addEventListener("focusin", (event) => {
  if (event.target.matches(".select2-search__field")) event.target.setAttribute("aria-label", "Search");
});
