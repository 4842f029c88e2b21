// A draft is kept while somebody writes; what another window saved meanwhile is told, never overwritten.

import { isTouched } from "./touched.js";

const form = document.getElementById("scorecard");
const state = form?.querySelector("[data-state]");
let waiting = 0;
let running = null;
let stopped = false;

function say(text) {
  state.textContent = text;
}

async function keep() {
  if (stopped) {
    return;
  }
  const body = new FormData(form);
  body.set("do", "save");
  say("saving …");
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) {
      form.elements.namedItem("seen").value = told.seen;
      say(`draft, saved at ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
    } else {
      // Trying again would be refused again: whoever writes has to look.
      stopped = answer.status < 500;
      say(told.message || `Not saved: the site answered ${answer.status}.`);
    }
  } catch {
    say("Not saved: the site does not answer. It is tried again with the next change.");
  }
}

function soon() {
  if (stopped) {
    return;
  }
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    // One after another, however slow the network: each says which draft it has seen.
    const own = Promise.resolve(running).then(keep);
    running = own;
    own.then(() => {
      if (running === own) {
        running = null;
      }
    });
  }, 1200);
}

if (form && state) {
  form.addEventListener("input", soon);
  form.addEventListener("submit", async (event) => {
    clearTimeout(waiting);
    if (running) {
      // The draft on its way would make this one look late.
      event.preventDefault();
      const button = event.submitter;
      while (running) {
        await running;
      }
      form.requestSubmit(button);
    }
  });
  if ([...form.elements].some(isTouched)) {
    soon();
  }
}
