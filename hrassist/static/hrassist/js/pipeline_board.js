// Cards move by drag; the move is shown at once, taken back when the server refuses it, and can be undone.
// Without a mouse every card has its button for the next step and a page of its own for every other move.

const board = document.querySelector("[data-board]");
const toast = document.querySelector("[data-toast]");
let dragged = null;
let undo = null;
let hiding = 0;

function tell(text, undoMove) {
  toast.querySelector("[data-toast-text]").textContent = text;
  toast.querySelector("[data-undo]").hidden = !undoMove;
  undo = undoMove;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    toast.hidden = true;
  }, 8000);
}

function count(column, step) {
  const place = column.querySelector("[data-count]");
  place.textContent = String(Number(place.textContent) + step);
  const empty = column.querySelector(".column-empty");
  if (empty) {
    empty.hidden = column.querySelectorAll("[data-card]").length > 0;
  }
}

function put(card, column, before) {
  const from = card.closest(".column");
  column.querySelector("[data-cards]").insertBefore(card, before);
  count(from, -1);
  count(column, 1);
}

async function send(card, from, to) {
  const body = new FormData();
  body.append("do", "move");
  body.append("seen", from.dataset.stage);
  body.append("stage", to.dataset.stage);
  const answer = await fetch(card.dataset.card, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRFToken": board.dataset.token },
    body,
  });
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.message || `The site answered ${answer.status}.`);
  }
}

async function move(card, to, { canUndo = true } = {}) {
  const from = card.closest(".column");
  if (from === to) {
    return;
  }
  const after = card.nextElementSibling;
  const name = card.querySelector("b").textContent;
  put(card, to, to.querySelector("[data-card]"));
  card.classList.add("moving");
  try {
    await send(card, from, to);
    const seen = card.querySelector("[name=seen]");
    // The button's next step belongs to the old column; the card's page knows the new one.
    seen?.closest("form").remove();
    tell(`${name} is now in ${to.getAttribute("aria-label")}.`, canUndo ? () => move(card, from, { canUndo: false }) : null);
  } catch (error) {
    put(card, from, after);
    tell(`${name} stays where they are. ${error.message}`, null);
  } finally {
    card.classList.remove("moving");
  }
}

if (board?.hasAttribute("data-can-move")) {
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-card]");
    event.dataTransfer.effectAllowed = "move";
  });
  board.addEventListener("dragover", (event) => {
    const column = event.target.closest(".column");
    if (dragged && column && column.dataset.kind !== "hired") {
      event.preventDefault();
      for (const one of board.querySelectorAll(".column")) {
        one.classList.toggle("over", one === column);
      }
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
    for (const one of board.querySelectorAll(".column.over")) {
      one.classList.remove("over");
    }
  });
  toast.querySelector("[data-undo]").addEventListener("click", () => {
    toast.hidden = true;
    undo?.();
  });
}
