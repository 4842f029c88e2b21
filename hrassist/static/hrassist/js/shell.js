// The frame's behaviour: drawer, menus that close, the theme, keys.

const THEMES = ["auto", "light", "dark"];
const NAMES = { auto: "automatic", light: "light", dark: "dark" };

function currentTheme() {
  const theme = localStorage.getItem("theme");
  return THEMES.includes(theme) ? theme : "auto";
}

function showTheme(theme) {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  for (const place of document.querySelectorAll("[data-theme-name]")) {
    place.textContent = NAMES[theme];
  }
}

function cycleTheme() {
  const next = THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length];
  localStorage.setItem("theme", next);
  showTheme(next);
}

function setDrawer(open) {
  document.body.classList.toggle("drawer-open", open);
  const opener = document.querySelector("[data-open-drawer]");
  opener?.setAttribute("aria-expanded", String(open));
  if (open) {
    document.querySelector(".side a")?.focus();
  }
}

// On a phone a row of tabs is wider than the page: the current one is where one looks.
function showCurrentTabs() {
  for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
    const row = tab.closest(".tabs");
    const place = tab.getBoundingClientRect();
    const frame = row.getBoundingClientRect();
    row.scrollLeft += place.left + place.width / 2 - (frame.left + frame.width / 2);
  }
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) {
    return;
  }
  if (target.closest("[data-cycle-theme]")) {
    cycleTheme();
  }
  if (target.closest("[data-open-drawer]")) {
    setDrawer(true);
  } else if (target.closest("[data-close-drawer]")) {
    setDrawer(false);
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(target)) {
      menu.open = false;
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") {
    return;
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
  if (document.body.classList.contains("drawer-open")) {
    setDrawer(false);
    document.querySelector("[data-open-drawer]")?.focus();
  }
});

// A small form that opens takes the keyboard at once.
document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (menu instanceof HTMLDetailsElement && menu.open && menu.classList.contains("popup")) {
      menu.querySelector("[data-autofocus], input:not([type=hidden]), select")?.focus();
    }
  },
  true,
);

// A second press while the first is on its way does not send a form twice, and a form that takes its time says so. Where
// the answer is a file the page stays: a form that takes no time can be sent again after a while.
const SENT_MS = 5000;
function showBusy(form, busy) {
  for (const button of form.querySelectorAll("button")) {
    if (busy) {
      button.setAttribute("aria-busy", "true");
    } else {
      button.removeAttribute("aria-busy");
    }
  }
  const progress = document.getElementById(form.dataset.busy);
  if (progress) {
    progress.hidden = !busy;
  }
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  const takesTime = form.hasAttribute("data-busy");
  if (form.method !== "post" && !takesTime) {
    return;
  }
  const { sentAt } = form.dataset;
  if (sentAt && (takesTime || Date.now() - Number(sentAt) < SENT_MS)) {
    event.preventDefault();
    return;
  }
  // Whether a script sends it in its own way is known when all have seen it.
  setTimeout(() => {
    if (event.defaultPrevented) {
      return;
    }
    form.dataset.sentAt = String(Date.now());
    if (takesTime) {
      showBusy(form, true);
    }
  });
});
// Coming back by the browser's button, a form can be sent again at once.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent-at]")) {
    delete form.dataset.sentAt;
    if (form.hasAttribute("data-busy")) {
      showBusy(form, false);
    }
  }
});

// A select that filters a list sends its form at once.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLSelectElement && field.hasAttribute("data-submit-on-change")) {
    field.form?.requestSubmit();
  }
});

showTheme(currentTheme());
showCurrentTabs();
