// The search of the top bar: "/" and Ctrl-K lead to it, arrows move, Enter opens.

const finder = document.querySelector("[data-finder]");

if (finder) {
  const field = finder.querySelector("input");
  const list = finder.querySelector(".finder-results");
  const sprite = document.querySelector(".icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  let waiting = 0;
  let running = null;
  let chosen = -1;
  // What the list answers, and for which words Enter was pressed before there was an answer: it opens nothing that was
  // found for others.
  let answered = "";
  let wanted = "";

  const links = () => [...list.querySelectorAll("a")];

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

  function picture(hit) {
    if (hit.initials) {
      return element("span", `avatar small tint-${hit.tint}`, hit.initials);
    }
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${hit.icon || "search"}`);
    svg.append(use);
    return svg;
  }

  function line(hit, number) {
    const link = element("a");
    link.href = hit.url;
    link.id = `finder-${number}`;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.tabIndex = -1;
    const what = element("span", "what");
    what.append(element("b", "", hit.title), element("span", "", hit.detail));
    link.append(picture(hit), what);
    return link;
  }

  function show(answer) {
    list.replaceChildren();
    let number = 0;
    for (const group of answer.groups) {
      const part = element("div");
      part.setAttribute("role", "group");
      part.setAttribute("aria-label", group.label);
      const name = element("div", "", group.label);
      name.setAttribute("role", "presentation");
      part.append(name, ...group.hits.map((hit) => line(hit, number++)));
      list.append(part);
    }
    if (number === 0) {
      list.append(element("div", "nothing", `Nothing found for “${answer.query}”.`));
    }
    open(true);
    choose(number ? 0 : -1);
  }

  function open(isOpen) {
    list.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) {
      field.removeAttribute("aria-activedescendant");
    }
  }

  function choose(number) {
    const all = links();
    chosen = all.length ? (number + all.length) % all.length : -1;
    all.forEach((link, index) => link.setAttribute("aria-selected", String(index === chosen)));
    if (chosen >= 0) {
      field.setAttribute("aria-activedescendant", all[chosen].id);
      all[chosen].scrollIntoView({ block: "nearest" });
    }
  }

  async function ask() {
    running?.abort();
    const words = field.value.trim();
    if (words.length < 2) {
      open(false);
      return;
    }
    running = new AbortController();
    try {
      const answer = await fetch(`${finder.dataset.finder}?q=${encodeURIComponent(words)}`, {
        headers: { Accept: "application/json" },
        signal: running.signal,
      });
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      const found = await answer.json();
      answered = words;
      show(found);
      if (wanted === words) {
        links()[0]?.click();
      }
    } catch (error) {
      if (error.name !== "AbortError") {
        list.replaceChildren(element("div", "nothing", "The search does not answer. Please try again."));
        open(true);
      }
    }
  }

  field.addEventListener("input", () => {
    wanted = "";
    clearTimeout(waiting);
    waiting = setTimeout(ask, 180);
  });
  field.addEventListener("focus", () => {
    if (list.childElementCount && field.value.trim().length >= 2) {
      open(true);
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (answered !== field.value.trim()) {
        wanted = field.value.trim();
        clearTimeout(waiting);
        ask();
      } else if (chosen >= 0 && !list.hidden) {
        links()[chosen].click();
      }
    } else if (event.key === "Escape") {
      wanted = "";
      open(false);
      field.blur();
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!finder.contains(event.target)) {
      wanted = "";
      open(false);
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
    const ctrlK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (slash || ctrlK) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
}
