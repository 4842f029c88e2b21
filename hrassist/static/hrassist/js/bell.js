// The bell: a panel with the latest, and a count that is asked for now and then while the page is seen.

const EVERY = 60_000;
const bell = document.querySelector("[data-bell]");

if (bell) {
  const opener = bell.querySelector("[data-bell-open]");
  const count = bell.querySelector(".bell-count");
  const panel = bell.querySelector(".bell-panel");
  const list = bell.querySelector("[data-bell-list]");
  const sprite = document.querySelector(".icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  let asked = Date.now();

  opener.setAttribute("role", "button");
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", panel.id);

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

  function picture(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${sprite}#${name}`);
    svg.append(use);
    return svg;
  }

  function showCount(number) {
    count.hidden = number === 0;
    count.textContent = number > 99 ? "99+" : String(number);
    opener.setAttribute("aria-label", number ? `Notifications, ${number} unread` : "Notifications");
  }

  function line(one) {
    const link = element("a", one.read ? "" : "unread");
    link.href = one.url;
    const what = element("span", "what");
    what.append(element("b", "", one.text), element("span", "", one.read ? one.when : `${one.when} · unread`));
    link.append(picture(one.icon), what);
    return link;
  }

  async function ask(query) {
    asked = Date.now();
    const headers = { Accept: "application/json" };
    if (query) {
      // Counting is no sign that somebody sits here: it must not keep a session alive.
      headers["X-Background"] = "1";
    }
    const answer = await fetch(bell.dataset.bell + query, { headers });
    if (!answer.ok || answer.redirected) {
      throw new Error(String(answer.status));
    }
    const said = await answer.json();
    showCount(said.unread);
    return said;
  }

  function setOpen(open) {
    panel.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
  }

  async function open() {
    setOpen(true);
    try {
      const { notifications } = await ask("");
      list.replaceChildren(
        ...(notifications.length ? notifications.map(line) : [element("p", "nothing", "Nothing yet.")]),
      );
    } catch {
      list.replaceChildren(element("p", "nothing", "The notifications do not answer. Please try again."));
    }
  }

  panel.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    try {
      await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      await open();
    } catch {
      form.submit();
    }
  });
  opener.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    if (panel.hidden) {
      open();
    } else {
      setOpen(false);
    }
  });
  opener.addEventListener("keydown", (event) => {
    if (event.key === " ") {
      event.preventDefault();
      opener.click();
    }
  });
  bell.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) {
      setOpen(false);
      opener.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const links = [...panel.querySelectorAll("a")];
      const here = links.indexOf(document.activeElement);
      if (!panel.hidden && links.length) {
        event.preventDefault();
        links[(here + (event.key === "ArrowDown" ? 1 : -1) + links.length) % links.length].focus();
      }
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!bell.contains(event.target)) {
      setOpen(false);
    }
  });

  // Nobody is asked for a page that nobody looks at.
  const due = () => !document.hidden && Date.now() - asked >= EVERY;
  const poll = () => due() && ask("?count=1").catch(() => {});
  setInterval(poll, EVERY / 4);
  document.addEventListener("visibilitychange", poll);
}
