// The match list looks again while a ranking is made; a field for a person finds names while one types.

const LOOK_AGAIN = 4000;

// Not under the hands of somebody who writes or chooses there.
function lookAgain() {
  const at = document.activeElement;
  const writes = at?.matches("input, select, textarea") || document.querySelector("dialog[open], details[data-menu][open]");
  if (writes) {
    setTimeout(lookAgain, LOOK_AGAIN);
  } else {
    location.reload();
  }
}

if (document.querySelector("[data-ranking-runs]")) {
  setTimeout(lookAgain, LOOK_AGAIN);
}

// A select with one choice becomes a field that finds (ARIA: combobox with a list).
function pick(select, url, number) {
  const field = document.createElement("input");
  field.type = "text";
  field.autocomplete = "off";
  field.placeholder = select.options[0].textContent;
  field.value = select.value ? select.selectedOptions[0].textContent : "";
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", `pick-${number}`);
  const chosen = document.createElement("input");
  chosen.type = "hidden";
  chosen.name = select.name;
  chosen.value = select.value;
  const list = document.createElement("ul");
  list.className = "pick-list";
  list.id = `pick-${number}`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const box = document.createElement("div");
  box.className = "pick";
  box.append(field, chosen, list);
  select.replaceWith(box);
  let waiting = 0;
  let at = -1;

  function show(open) {
    list.hidden = !open;
    field.setAttribute("aria-expanded", String(open));
  }

  function mark(index) {
    at = index;
    [...list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === at)));
    field.setAttribute("aria-activedescendant", list.children[at]?.id ?? "");
  }

  function take(one) {
    chosen.value = one.dataset.id;
    field.value = one.dataset.name;
    show(false);
  }

  async function look(words) {
    try {
      const answer = await fetch(`${url}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).people : null;
    } catch {
      // The network may come back: the next letter asks again.
      return null;
    }
  }

  async function find() {
    const words = field.value.trim();
    if (!words) {
      show(false);
      return;
    }
    const people = await look(words);
    if (!people || words !== field.value.trim() || document.activeElement !== field) {
      return;
    }
    list.replaceChildren(
      ...people.map((person, index) => {
        const line = document.createElement("li");
        line.id = `pick-${number}-${index}`;
        line.setAttribute("role", "option");
        line.dataset.id = person.id;
        line.dataset.name = person.name;
        const detail = document.createElement("span");
        detail.textContent = person.detail;
        line.append(person.name, detail);
        return line;
      }),
    );
    mark(people.length ? 0 : -1);
    show(people.length > 0);
  }

  field.addEventListener("input", () => {
    chosen.value = "";
    clearTimeout(waiting);
    waiting = setTimeout(find, 150);
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) {
      // A name that is typed and not yet chosen would be sent as nobody.
      if (event.key === "Enter" && field.value.trim() && !chosen.value) {
        event.preventDefault();
        clearTimeout(waiting);
        find();
      }
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((at + step + list.children.length) % list.children.length);
    } else if (event.key === "Enter" && list.children[at]) {
      take(list.children[at]);
    } else if (event.key === "Escape") {
      show(false);
    } else {
      return;
    }
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => {
    const line = event.target.closest("li");
    if (line) {
      event.preventDefault();
      take(line);
    }
  });
  field.addEventListener("blur", () => show(false));
}

document.querySelectorAll("[data-people] [data-pick]").forEach((select, number) => {
  pick(select, select.form.dataset.people, number);
});
