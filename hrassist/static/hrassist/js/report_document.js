// Follows a report that is being made, and shows the finished page when it is over.

import { fetchDocument } from "./fragment.js";

const FIRST = 600;
const LONGEST = 8000;
const page = document.querySelector("[data-report]");
const told = document.querySelector("[data-report-told]");
let pause = FIRST;
let step = "";

async function end(state) {
  const after = await fetchDocument(location.href);
  const fresh = after.querySelector("[data-report]");
  if (fresh) {
    page.replaceChildren(...fresh.childNodes);
    told.textContent = `The report is ${state.word.toLowerCase()}.`;
  }
}

async function ask() {
  try {
    const answer = await fetch(page.dataset.report, { headers: { Accept: "application/json" } });
    if (answer.status === 404 || answer.redirected) {
      return;
    }
    if (answer.ok) {
      const state = await answer.json();
      if (state.over) {
        await end(state);
        return;
      }
      if (state.step !== step) {
        step = state.step;
        page.querySelector("[data-step]").textContent = step;
        told.textContent = step;
      }
    }
  } catch {
    // The network may come back.
  }
  pause = Math.min(pause * 1.2, LONGEST);
  setTimeout(ask, pause);
}

if (page && !page.hasAttribute("data-over")) {
  setTimeout(ask, pause);
}
