// Notes: @ offers colleagues who may read here, arrows and Enter choose; Ctrl-Enter sends.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

let made = 0;

function offerNames(place) {
  const field = place.querySelector("textarea");
  const list = element("ul", "mention-list");
  list.id = `mentions-${(made += 1)}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Colleagues");
  const status = element("span", "visually-hidden");
  status.setAttribute("aria-live", "polite");
  place.append(list, status);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  let people = [];
  let chosen = 0;
  let start = -1;
  let waiting = 0;
  let running = null;

  // The word that is being written, from its @ to the caret.
  function word() {
    const before = field.value.slice(0, field.selectionStart);
    const found = /(?:^|[^\w.+@-])@([\w.+-]*)$/.exec(before);
    if (!found) {
      return null;
    }
    start = before.length - found[1].length - 1;
    return found[1];
  }

  function close() {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
    status.textContent = "";
  }

  function mark(number) {
    chosen = (number + people.length) % people.length;
    [...list.children].forEach((line, index) => line.setAttribute("aria-selected", String(index === chosen)));
    field.setAttribute("aria-activedescendant", list.children[chosen].id);
  }

  function take(number) {
    const name = `@${people[number].username} `;
    field.setRangeText(name, start, field.selectionStart, "end");
    close();
    field.focus();
  }

  function show() {
    list.replaceChildren(
      ...people.map((person, number) => {
        const line = element("li");
        line.id = `${list.id}-${number}`;
        line.setAttribute("role", "option");
        const face = element("span", `avatar small tint-${person.tint}`, person.initials);
        face.setAttribute("aria-hidden", "true");
        line.append(face, element("b", "", person.name), element("span", "quiet small", person.username));
        line.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          take(number);
        });
        return line;
      }),
    );
    list.hidden = people.length === 0;
    if (people.length) {
      mark(0);
      status.textContent = `${people.length} colleagues. Arrows choose, Enter takes.`;
    } else {
      close();
      status.textContent = "Nobody of this name may read here.";
    }
  }

  async function ask(begun) {
    running?.abort();
    running = new AbortController();
    try {
      const answer = await fetch(`${place.dataset.mentions}?q=${encodeURIComponent(begun)}`, {
        headers: { Accept: "application/json" },
        signal: running.signal,
      });
      if (answer.ok && word() === begun) {
        people = (await answer.json()).people;
        show();
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        close();
      }
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    const begun = word();
    if (begun === null) {
      close();
    } else {
      waiting = setTimeout(() => ask(begun), 120);
    }
  });
  field.addEventListener("keydown", (event) => {
    if (list.hidden) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  field.addEventListener("blur", close);
}

document.querySelectorAll("[data-mentions]").forEach(offerNames);

for (const form of document.querySelectorAll("[data-note-form]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
