// One candidate at a time. The next one is fetched while this one is read, and is shown only after the server has put on
// record that it is shown; until then it stays a document of its own, of which nothing is drawn or loaded.

import { fetchDocument, postForm } from "./fragment.js";

const review = document.querySelector("[data-review]");
const toast = document.querySelector("[data-toast]");
const help = document.querySelector("[data-help-sheet]");
const token = review?.dataset.token;
let ahead = null;
let busy = false;
let hiding = 0;
let last = document.querySelector("[data-last]")?.getAttribute("action") ?? null;
let pictures = false;

const item = () => review.querySelector("[data-item]");

function tell(text, { undo = false } = {}) {
  toast.querySelector("[data-toast-text]").textContent = text;
  toast.querySelector("[data-undo]").hidden = !undo;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    toast.hidden = true;
  }, 9000);
}

// --- From one to the next ----------------------------------------------------------------------------------------------

function fetchAhead() {
  const { following, followingKey } = item().dataset;
  ahead = following ? { key: followingKey, url: following, page: fetchDocument(`${following}&ahead=1`).catch(() => null) } : null;
  const coming = ahead;
  review.dataset.ahead = coming ? "coming" : "none";
  coming?.page.then(() => {
    if (ahead === coming) {
      review.dataset.ahead = "here";
    }
  });
}

function reveal(page) {
  const found = page?.querySelector("[data-item]");
  if (!found) {
    return false;
  }
  const shown = document.importNode(found, true);
  item().replaceWith(shown);
  shown.dataset.shownAt = String(performance.now());
  for (const one of shown.querySelectorAll(".piece-pictures")) {
    one.open = pictures;
  }
  if (shown.dataset.address) {
    history.replaceState(null, "", shown.dataset.address);
  }
  shown.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  fetchAhead();
  return true;
}

async function open(url) {
  try {
    if (!reveal(await fetchDocument(url))) {
      location.assign(url);
    }
  } catch {
    location.assign(url);
  }
}

// The address of the queue itself, with what was chosen.
function beginning() {
  const here = new URL(location);
  here.searchParams.delete("at");
  return here.pathname + here.search;
}

async function next() {
  const from = performance.now();
  const coming = ahead;
  if (!coming) {
    await open(beginning());
    return;
  }
  const page = await coming.page;
  const found = page?.querySelector(`[data-item][data-key="${coming.key}"]`);
  if (!found) {
    await open(coming.url);
    return;
  }
  let now;
  try {
    now = await postForm(found.dataset.shown, new FormData(), token);
  } catch {
    // Not on record, so not shown; the plain page says why.
    location.assign(coming.url);
    return;
  }
  if (now.status !== "active" || String(now.stage) !== found.dataset.seen || now.decided) {
    await open(coming.url);
  } else {
    reveal(page);
  }
  review.dataset.milliseconds = String(Math.round(performance.now() - from));
}

async function go(way) {
  const url = item().dataset[way];
  if (!url || busy) {
    return;
  }
  busy = true;
  await (way === "following" ? next() : open(url));
  busy = false;
}

// --- Deciding ----------------------------------------------------------------------------------------------------------

const SAID = { shortlist: "shortlisted", maybe: "kept in mind", reject: "rejected" };

async function decide(verdict) {
  const one = item();
  const form = one.querySelector("[data-decision]");
  if (!form?.querySelector(`button[name=do][value=${verdict}]`) || busy) {
    return;
  }
  const data = new FormData(form);
  data.set("do", verdict);
  if (verdict === "reject" && !data.get("reason")) {
    form.querySelector("[data-reject]").open = true;
    form.querySelector("input[name=reason]")?.focus();
    return;
  }
  busy = true;
  const { decide: url, name, address } = one.dataset;
  // Sent side by side with the next one's record: who decides waits for neither, and may go on deciding meanwhile.
  const sent = postForm(url, data, token);
  const goesOn = Boolean(ahead);
  sent.catch(() => {});
  if (goesOn) {
    await next();
    busy = false;
  }
  try {
    const told = await sent;
    last = url;
    forgetPlainUndo();
    tell(told.told || `${name}: ${SAID[verdict]}.`, { undo: true });
    if (!goesOn) {
      await open(beginning());
    }
  } catch (error) {
    busy = true;
    await open(address);
    tell(error.message);
  }
  busy = false;
}

function forgetPlainUndo() {
  document.querySelector("[data-last]")?.remove();
}

async function undo() {
  const own = item().querySelector("[data-decision] button[value=undo]") ? item().dataset.decide : null;
  const url = own ?? last;
  if (!url || busy) {
    return;
  }
  busy = true;
  const data = new FormData();
  data.set("do", "undo");
  try {
    const told = await postForm(url, data, token);
    last = null;
    forgetPlainUndo();
    const key = url.split("/").at(-3);
    const back = new URL(beginning(), location);
    back.searchParams.set("at", key);
    await open(back.pathname + back.search);
    tell(told.told);
  } catch (error) {
    tell(error.message);
  }
  busy = false;
}

// --- Keys, clicks, swipes ----------------------------------------------------------------------------------------------

function toggle(name, field) {
  const details = item().querySelector(`[data-${name}]`);
  if (details) {
    details.open = !details.open;
    if (details.open) {
      details.querySelector(field)?.focus();
    }
  }
}

function onKey(event) {
  const typing = event.target.closest("textarea, select, input:not([type=radio])");
  if (event.key === "Escape") {
    for (const one of item().querySelectorAll("details[open][data-reject], details[open][data-note]")) {
      one.open = false;
    }
    item().focus({ preventScroll: true });
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog")) {
    return;
  }
  const reasons = item().querySelector("[data-reject][open]");
  if (reasons && /^[1-9]$/.test(event.key)) {
    const reason = reasons.querySelectorAll("input[name=reason]")[Number(event.key) - 1];
    if (reason) {
      reason.checked = true;
      decide("reject");
    }
    return;
  }
  const keys = {
    j: () => go("following"),
    k: () => go("previous"),
    s: () => decide("shortlist"),
    m: () => decide("maybe"),
    r: () => toggle("reject", "input[name=reason]"),
    n: () => toggle("note", "textarea"),
    u: undo,
    p: showPictures,
    "?": () => help.showModal(),
  };
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
}

function showPictures() {
  pictures = !pictures;
  for (const one of item().querySelectorAll(".piece-pictures")) {
    one.open = pictures;
    if (pictures) {
      one.scrollIntoView({ block: "nearest" });
    }
  }
}

function showQuote(key) {
  for (const mark of item().querySelectorAll("mark")) {
    mark.classList.toggle("active", mark.dataset.spans.split(" ").includes(key));
  }
  const mark = item().querySelector("mark.active");
  const box = mark?.closest(".piece-text");
  if (box && box.scrollHeight > box.clientHeight) {
    const top = mark.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    box.scrollTo({ top: Math.max(0, top - box.clientHeight / 3), behavior: "smooth" });
  } else {
    mark?.scrollIntoView({ block: "center" });
  }
}

function swipes() {
  let start = null;
  review.addEventListener("touchstart", (event) => {
    const [touch] = event.touches;
    start = event.touches.length === 1 ? { x: touch.clientX, y: touch.clientY } : null;
  }, { passive: true });
  review.addEventListener("touchmove", (event) => {
    if (!start) {
      return;
    }
    const along = event.touches[0].clientX - start.x;
    const sideways = Math.abs(along) > 2 * Math.abs(event.touches[0].clientY - start.y);
    item().classList.toggle("swiped-right", sideways && along > 60);
    item().classList.toggle("swiped-left", sideways && along < -60);
  }, { passive: true });
  review.addEventListener("touchend", () => {
    const right = item().classList.contains("swiped-right");
    const left = item().classList.contains("swiped-left");
    item().classList.remove("swiped-right", "swiped-left");
    start = null;
    if (right) {
      decide("shortlist");
    } else if (left) {
      item().querySelector("[data-reject]")?.setAttribute("open", "");
    }
  });
}

if (review) {
  document.addEventListener("keydown", onKey);
  document.querySelector("[data-help]").addEventListener("click", () => help.showModal());
  toast.querySelector("[data-undo]").addEventListener("click", undo);
  for (const one of document.querySelectorAll("[data-at-once]")) {
    one.addEventListener("change", () => one.form.requestSubmit());
  }
  review.addEventListener("click", (event) => {
    const way = event.target.closest("[data-go]");
    const quote = event.target.closest("[data-quote]");
    if (way) {
      event.preventDefault();
      go(way.dataset.go);
    } else if (quote) {
      event.preventDefault();
      showQuote(quote.dataset.quote);
    }
  });
  review.addEventListener("submit", (event) => {
    const verdict = event.submitter?.value;
    if (event.target.closest("[data-decision]") && verdict) {
      event.preventDefault();
      if (verdict === "undo") {
        undo();
      } else {
        decide(verdict);
      }
    }
  });
  swipes();
  if (item().dataset.key) {
    fetchAhead();
  }
}
