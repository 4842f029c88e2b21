// Follows one piece of long work: asks how far it is, less and less often, and stops when it is over.

import { fetchDocument } from "./fragment.js";

const FIRST = 700;
const LONGEST = 10_000;
const page = document.querySelector("[data-long-task]");
const told = document.querySelector("[data-long-task-told]");
let pause = FIRST;
let spoken = -1;

function say(text) {
  told.textContent = text;
}

function number(value) {
  return value.toLocaleString("en");
}

function show(state) {
  const word = page.querySelector("[data-word]");
  word.textContent = state.word;
  word.className = `badge ${state.colour}`;
  const said = page.querySelector("[data-said]");
  said.textContent = state.said;
  said.hidden = !state.said;
  const bar = page.querySelector("[data-bar]");
  if (bar && state.percent !== null) {
    bar.value = state.percent;
  }
  const figures = page.querySelector("[data-figures]");
  figures.textContent = state.total === null ? (state.done ? number(state.done) : "") : `${number(state.done)} of ${number(state.total)}`;
  const stalled = page.querySelector("[data-stalled]");
  if (stalled) {
    stalled.hidden = !state.stalled;
  }
  const counts = page.querySelector("[data-counts]");
  counts.replaceChildren(
    ...state.counts.map(([word, count]) => {
      const pair = document.createElement("div");
      const term = document.createElement("dt");
      const figure = document.createElement("dd");
      term.textContent = word;
      figure.textContent = number(count);
      figure.className = "figure";
      pair.append(term, figure);
      return pair;
    }),
  );
  // Every tenth is enough for the ear.
  const tenth = state.percent === null ? -1 : Math.floor(state.percent / 10);
  if (tenth > spoken && !state.over) {
    spoken = tenth;
    say(`${state.percent} percent`);
  }
}

async function end(state) {
  if (state.next) {
    location.assign(state.next);
    return;
  }
  say(`${state.word}. ${state.said}`);
  const after = await fetchDocument(location.href);
  const fresh = after.querySelector("[data-long-task]");
  if (fresh) {
    page.replaceChildren(...fresh.childNodes);
    if (!after.querySelector(".running")) {
      document.querySelector(".running")?.remove();
    }
  }
}

async function ask() {
  try {
    const answer = await fetch(page.dataset.longTask, { headers: { Accept: "application/json" } });
    if (answer.status === 404 || answer.redirected) {
      return;
    }
    if (answer.ok) {
      const state = await answer.json();
      show(state);
      if (state.over) {
        await end(state);
        return;
      }
    }
  } catch {
    // The network may come back.
  }
  pause = Math.min(pause * 1.15, document.hidden ? 3 * LONGEST : LONGEST);
  setTimeout(ask, pause);
}

if (page && !page.hasAttribute("data-over")) {
  setTimeout(ask, pause);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      pause = FIRST;
    }
  });
}
