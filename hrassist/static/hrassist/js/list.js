// Lists: choosing rows by mouse and keys, and the bar of what can be done to them. Without this, the boxes and buttons
// are a plain form.

const list = document.querySelector("[data-list]");
const form = list?.querySelector("#changelist-form");
const boxes = form ? [...form.querySelectorAll("input.action-select")] : [];
const rows = form ? [...form.querySelectorAll("#result_list tbody tr")] : [];

function boxOf(row) {
  return row.querySelector("input.action-select");
}

function setUpSelection() {
  const bar = form.querySelector(".bulk-bar");
  const all = form.querySelector("#action-toggle");
  const counter = bar.querySelector(".action-counter");
  const across = bar.querySelector(".select-across");
  const parts = { all: bar.querySelector(".all"), question: bar.querySelector(".question"), clear: bar.querySelector(".clear") };
  let last = null;

  function show(name, visible) {
    parts[name]?.classList.toggle("hidden", !visible);
  }

  function tell() {
    const chosen = boxes.filter((box) => box.checked).length;
    if (chosen < boxes.length) {
      across.value = "0";
    }
    const everything = across.value === "1";
    for (const box of boxes) {
      box.closest("tr").classList.toggle("selected", box.checked);
    }
    if (all) {
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    counter.classList.toggle("hidden", everything);
    counter.textContent = `${chosen} selected`;
    show("all", everything);
    show("question", !everything && chosen === boxes.length);
    show("clear", everything);
  }

  function choose(box, checked, range) {
    const from = range && last ? boxes.indexOf(last) : -1;
    const to = boxes.indexOf(box);
    const [first, end] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (const one of boxes.slice(first, end + 1)) {
      one.checked = checked;
    }
    last = box;
    tell();
  }

  function clear() {
    across.value = "0";
    for (const box of boxes) {
      box.checked = false;
    }
    tell();
  }

  for (const box of boxes) {
    box.addEventListener("click", (event) => choose(box, box.checked, event.shiftKey));
  }
  all?.addEventListener("change", () => {
    for (const box of boxes) {
      box.checked = all.checked;
    }
    tell();
  });
  bar.addEventListener("click", (event) => {
    const link = event.target.closest("a[role=button]");
    if (!link) {
      return;
    }
    event.preventDefault();
    if (link.closest(".question")) {
      across.value = "1";
      tell();
      parts.clear?.querySelector("a").focus();
    } else {
      clear();
      rows[0]?.querySelector("a, input")?.focus();
    }
  });
  for (const link of bar.querySelectorAll("a[role=button]")) {
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        link.click();
      }
    });
  }
  // Coming back by the browser's own button, boxes may be ticked already.
  addEventListener("pageshow", tell);
  tell();
  return { choose, clear, chosen: () => boxes.some((box) => box.checked) };
}

const selection = boxes.length && form.querySelector(".bulk-bar") ? setUpSelection() : null;
let at = -1;

function go(to) {
  if (!rows.length) {
    return;
  }
  rows[at]?.classList.remove("at");
  at = Math.min(Math.max(to, 0), rows.length - 1);
  const row = rows[at];
  row.classList.add("at");
  (row.querySelector("a.row-link, th a") ?? row.querySelector("td a, input"))?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

if (list) {
  list.addEventListener("focusin", (event) => {
    const row = event.target.closest("#result_list tbody tr");
    if (row) {
      rows[at]?.classList.remove("at");
      at = rows.indexOf(row);
      row.classList.add("at");
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
      return;
    }
    const target = event.target instanceof Element ? event.target : null;
    const typing = target?.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (typing || target?.closest("details[data-menu][open]")) {
      return;
    }
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      go(at + (event.key === "j" ? 1 : -1));
    } else if ((event.key === "x" || event.key === "X") && selection && rows[at]) {
      const box = boxOf(rows[at]);
      if (box) {
        event.preventDefault();
        selection.choose(box, event.shiftKey ? true : !box.checked, event.shiftKey);
      }
    } else if (event.key === "Escape" && selection?.chosen()) {
      selection.clear();
    }
  });
}
