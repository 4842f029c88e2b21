// Cards move by mouse, by keys and by their menu; a move is shown at once, taken back when the server refuses it, and can
// be undone. Who was slower is told who was quicker, and the card goes to where it truly stands.

import { fetchDocument, postForm } from "./fragment.js";

const board = document.querySelector("[data-board]");
const toast = document.querySelector("[data-toast]");
const sheet = document.querySelector("[data-sheet]");
const canMove = board?.hasAttribute("data-can-move");
let dragged = null;
let undoLast = null;
let hiding = 0;

function tell(text, undo = null) {
  toast.querySelector("[data-toast-text]").textContent = text;
  toast.querySelector("[data-undo]").hidden = !undo;
  undoLast = undo;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    toast.hidden = true;
  }, undo ? 15000 : 9000);
}

// --- Where cards are ---------------------------------------------------------------------------------------------------

const columns = () => [...board.querySelectorAll(".column")];
const cardsOf = (column) => [...column.querySelectorAll("[data-card]")];
const columnOf = (stage) => board.querySelector(`.column[data-stage="${stage}"]`);

function count(column, step) {
  const place = column.querySelector("[data-count]");
  place.textContent = String(Math.max(0, Number(place.textContent) + step));
  column.querySelector("[data-empty]").hidden = cardsOf(column).length > 0;
}

// The buttons of a card belong to the stage it stands in.
function fit(card, column) {
  card.draggable = canMove && column.dataset.kind !== "hired";
  const next = card.querySelector("[data-next]");
  if (!next) {
    return;
  }
  const following = columns()[columns().indexOf(column) + 1];
  const step = column.dataset.step;
  next.hidden = !step;
  next.setAttribute("form", `step-${column.dataset.stage}`);
  next.value = step || "advance";
  const said = step === "hire" ? "Hire" : `Move to ${following?.dataset.name ?? ""}`;
  next.title = said;
  next.setAttribute("aria-label", `${said}: ${card.dataset.name}`);
  card.setAttribute("aria-label", `${card.dataset.name}, ${column.dataset.name}`);
}

function put(card, column, before = null) {
  const from = card.closest(".column");
  const focused = card.contains(document.activeElement);
  column.querySelector("[data-cards]").insertBefore(card, before);
  if (from && from !== column) {
    count(from, -1);
  }
  if (from !== column) {
    count(column, 1);
  }
  fit(card, column);
  if (focused) {
    card.focus();
  }
}

function take(card) {
  const place = { column: card.closest(".column"), before: card.nextElementSibling, near: neighbour(card) };
  const focused = card.contains(document.activeElement);
  card.remove();
  count(place.column, -1);
  if (focused) {
    place.near?.focus();
  }
  return place;
}

function neighbour(card) {
  return card.nextElementSibling || card.previousElementSibling || board.querySelector("[data-card]");
}

function giveBack(card, { column, before }) {
  column.querySelector("[data-cards]").insertBefore(card, before?.isConnected ? before : null);
  count(column, 1);
  fit(card, column);
  card.focus();
}

function waits(card, text) {
  const place = card.querySelector("[data-waits]");
  const icon = place.querySelector("svg");
  place.className = "waits";
  place.replaceChildren(icon, text);
}

// --- Steps -------------------------------------------------------------------------------------------------------------

function body(fields) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, value);
  }
  return form;
}

// Steps of one card go one after another, so that nobody has to wait for the network between two. Behind one that is
// refused nothing is sent: it was meant for a card that stands elsewhere.
const lastOf = new Map();
let waiting = 0;

async function inTurn(earlier) {
  waiting += 1;
  try {
    return await earlier;
  } finally {
    waiting -= 1;
  }
}

function sendStep(card, place, form, done) {
  const earlier = lastOf.get(card);
  const own = (async () => {
    try {
      if (earlier && !(await inTurn(earlier))) {
        return false;
      }
      const told = await postForm(card.dataset.move, form, board.dataset.token);
      // Of several only the last is told: only that one can be taken back.
      if (lastOf.get(card) === own) {
        done(told);
      }
      return true;
    } catch (error) {
      settle(card, place, error);
      return false;
    } finally {
      if (lastOf.get(card) === own) {
        lastOf.delete(card);
        card.classList.remove("moving");
      }
    }
  })();
  lastOf.set(card, own);
  card.classList.add("moving");
}

// A refusal: the card goes to where it stands in truth, or leaves the board.
function settle(card, place, error) {
  const truth = error.now;
  if (!truth) {
    giveBackTo(card, place);
  } else if (truth.status !== "active") {
    if (card.isConnected) {
      take(card);
    }
  } else {
    const column = columnOf(truth.stage);
    if (card.isConnected) {
      put(card, column, column === place.column ? place.before : null);
    } else {
      giveBack(card, { column, before: column === place.column ? place.before : null });
    }
    card.classList.add("jumped");
    setTimeout(() => card.classList.remove("jumped"), 2500);
  }
  tell(error.message);
}

function giveBackTo(card, place) {
  if (card.isConnected) {
    put(card, place.column, place.before?.isConnected ? place.before : null);
  } else {
    giveBack(card, place);
  }
}

function undoable(card, place, done, since) {
  return () => {
    sendStep(card, place, body({ do: "undo", step: done }), () => {
      giveBackTo(card, place);
      const icon = card.querySelector("[data-waits]");
      icon.className = since.className;
      icon.replaceChildren(...since.nodes);
      tell(`${card.dataset.name} is back in ${place.column.dataset.name}.`);
    });
  };
}

function memory(card) {
  const place = card.querySelector("[data-waits]");
  return { className: place.className, nodes: [...place.childNodes].map((node) => node.cloneNode(true)) };
}

function move(card, to) {
  const from = card.closest(".column");
  if (!canMove || !to || from === to || from.dataset.kind === "hired") {
    return;
  }
  if (to.dataset.kind === "hired") {
    hire(card);
    return;
  }
  const place = { column: from, before: card.nextElementSibling };
  const since = memory(card);
  put(card, to);
  waits(card, "now");
  sendStep(card, place, body({ do: "move", seen: from.dataset.stage, stage: to.dataset.stage }), (told) => {
    tell(`${card.dataset.name} is now in ${to.dataset.name}.`, undoable(card, place, told.step, since));
  });
}

function ask(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}

async function hire(card) {
  const dialog = document.querySelector("[data-hire-sheet]");
  dialog.querySelector("[data-hire-title]").textContent = `Hire ${card.dataset.name}`;
  if ((await ask(dialog)) !== "hire") {
    card.focus();
    return;
  }
  const since = memory(card);
  const seen = card.closest(".column").dataset.stage;
  const place = take(card);
  sendStep(card, place, body({ do: "hire", seen }), (told) => {
    tell(`${card.dataset.name} is hired.`, undoable(card, place, told.step, since));
  });
}

async function choose(card) {
  const dialog = document.querySelector("[data-move-sheet]");
  dialog.querySelector("[data-move-title]").textContent = `Move ${card.dataset.name}`;
  const here = card.closest(".column");
  for (const button of dialog.querySelectorAll("button[value]")) {
    button.disabled = button.value === here.dataset.stage;
  }
  const chosen = await ask(dialog);
  card.focus();
  if (chosen === "reject") {
    reject(card);
  } else if (chosen) {
    move(card, columnOf(chosen));
  }
}

// --- Rejecting, in a dialog that is the form of the page ---------------------------------------------------------------

async function fill(url, into) {
  const page = await fetchDocument(url);
  const part = page.querySelector("[data-fragment=reject]");
  if (!part) {
    throw new Error("The form could not be loaded. Open the application instead.");
  }
  const form = document.importNode(part, true);
  if (into) {
    // Another mail changes the mail only: what was chosen and written above stays.
    into.replaceWith(form.querySelector("[data-mail]"));
  } else {
    sheet.querySelector("[data-sheet-body]").replaceChildren(form);
  }
}

async function reject(card) {
  try {
    await fill(card.dataset.reject);
  } catch (error) {
    tell(error.message);
    return;
  }
  sheet.showModal();
  const form = sheet.querySelector("[data-reject-form]");
  sheet.querySelector("input[name=reason]")?.focus();
  sheet.onclick = async (event) => {
    const template = event.target.closest("[data-template]");
    if (template) {
      event.preventDefault();
      await fill(new URL(template.getAttribute("href"), new URL(card.dataset.reject, location)), form.querySelector("[data-mail]"));
    } else if (event.target.closest("[data-cancel]")) {
      event.preventDefault();
      sheet.close();
    }
  };
  sheet.onclose = () => card.isConnected && card.focus();
  if (!form) {
    return;
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new FormData(form);
    data.set("do", "reject");
    data.set("seen", card.closest(".column").dataset.stage);
    const withMail = data.get("send_mail");
    sheet.close();
    const since = memory(card);
    const place = take(card);
    sendStep(card, place, data, (told) => {
      const mail = withMail ? (data.get("wait") ? " The mail leaves in half an hour." : " The mail is on its way.") : "";
      tell(`${card.dataset.name} is rejected.${mail}`, undoable(card, place, told.step, since));
    });
  };
}

// --- More cards of a column --------------------------------------------------------------------------------------------

async function more(link) {
  link.setAttribute("aria-busy", "true");
  try {
    const page = await fetchDocument(link.href);
    const list = link.closest(".column").querySelector("[data-cards]");
    const known = new Set([...board.querySelectorAll("[data-card]")].map((card) => card.dataset.key));
    const found = [...page.querySelectorAll("[data-card]")].filter((card) => !known.has(card.dataset.key));
    list.append(...found.map((card) => document.importNode(card, true)));
    const next = page.querySelector("[data-more]");
    tell(`${found.length} more in ${link.closest(".column").dataset.name}.`);
    const first = found.length ? list.querySelector(`[data-key="${found[0].dataset.key}"]`) : null;
    if (next) {
      link.href = next.getAttribute("href");
      link.textContent = next.textContent;
      link.removeAttribute("aria-busy");
    } else {
      link.remove();
    }
    first?.focus({ preventScroll: true });
  } catch {
    location.assign(link.href);
  }
}

// --- Keys --------------------------------------------------------------------------------------------------------------

function stepTo(card, sideways, down) {
  const here = card.closest(".column");
  if (down) {
    const all = cardsOf(here);
    all[all.indexOf(card) + down]?.focus();
    return;
  }
  const all = columns();
  const row = cardsOf(here).indexOf(card);
  for (let at = all.indexOf(here) + sideways; at >= 0 && at < all.length; at += sideways) {
    const there = cardsOf(all[at]);
    if (there.length) {
      there[Math.min(row, there.length - 1)].focus();
      return;
    }
  }
}

const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, dialog")) {
    return;
  }
  const card = event.target.closest("[data-card]");
  const arrow = ARROWS[event.key];
  if (event.key === "?") {
    document.querySelector("[data-help-sheet]").showModal();
  } else if (event.key === "u" && undoLast) {
    takeBack();
  } else if (arrow && !card && document.activeElement === document.body) {
    board.querySelector("[data-card]")?.focus();
  } else if (!card) {
    return;
  } else if (arrow && event.shiftKey && arrow[0]) {
    move(card, columns()[columns().indexOf(card.closest(".column")) + arrow[0]]);
  } else if (arrow && !event.shiftKey) {
    stepTo(card, ...arrow);
  } else if (event.key === "m" && canMove) {
    choose(card);
  } else if (event.key === "r" && canMove) {
    reject(card);
  } else if (event.key === "Enter" && event.target === card) {
    location.assign(card.dataset.open);
  } else {
    return;
  }
  event.preventDefault();
}

function takeBack() {
  const undo = undoLast;
  undoLast = null;
  toast.hidden = true;
  undo?.();
}

// --- The mouse ---------------------------------------------------------------------------------------------------------

function over(column) {
  for (const one of columns()) {
    one.classList.toggle("over", one === column);
  }
}

if (board) {
  document.addEventListener("keydown", onKey);
  // What waits behind a step under way would be lost with the page.
  addEventListener("beforeunload", (event) => {
    if (waiting) {
      event.preventDefault();
    }
  });
  toast.querySelector("[data-undo]").addEventListener("click", takeBack);
  document.querySelector("[data-help]").addEventListener("click", () => {
    document.querySelector("[data-help-sheet]").showModal();
  });
  for (const one of document.querySelectorAll("[data-at-once]")) {
    one.addEventListener("change", () => one.form.requestSubmit());
  }
  board.addEventListener("click", (event) => {
    const card = event.target.closest("[data-card]");
    const link = event.target.closest("[data-more]");
    if (link) {
      event.preventDefault();
      more(link);
    } else if (event.target.closest("[data-menu]")) {
      choose(card);
    } else if (event.target.closest("[data-next]")) {
      event.preventDefault();
      move(card, columns()[columns().indexOf(card.closest(".column")) + 1]);
    }
  });
  // Digits and r choose in the sheet of stages as well.
  document.querySelector("[data-move-sheet]").addEventListener("keydown", (event) => {
    const buttons = [...event.currentTarget.querySelectorAll("button[value]")];
    const wanted = event.key === "r" ? buttons.find((one) => one.value === "reject") : buttons[Number(event.key) - 1];
    if (/^[1-9r]$/.test(event.key) && wanted && !wanted.disabled) {
      event.preventDefault();
      wanted.click();
    }
  });
}

if (canMove) {
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-card]");
    event.dataTransfer.effectAllowed = "move";
  });
  board.addEventListener("dragover", (event) => {
    const column = event.target.closest(".column");
    if (dragged && column) {
      event.preventDefault();
      over(column);
    }
  });
  board.addEventListener("drop", (event) => {
    const column = event.target.closest(".column");
    if (dragged && column) {
      event.preventDefault();
      move(dragged, column);
    }
  });
  board.addEventListener("dragend", () => {
    dragged = null;
    over(null);
  });
}
