// A tailored resume: follows its agents while they work, and keeps each decision about a line as it is pressed.

import { fetchDocument } from "./fragment.js";

const AGAIN_MS = 1500;
const AGAIN_MOST_MS = 20_000;
const POLL_MS = 1200;
// A stream that was lost this often in a row is away for longer: the page asks until it is heard again.
const PATIENCE = 3;
const WORDS = { waiting: ["Waiting", ""], running: ["Working", "blue"], done: ["Done", "good"], failed: ["Failed", "bad"] };
const MOST_SAID = 6000;

const page = document.querySelector("[data-tailoring]");
const told = page?.querySelector("[data-told]");
let after = Number(page?.dataset.after || 0);
let losses = 0;
let stream = null;
let listenTimer = 0;
// While no stream is there the page asks; each time that it begins or ends has a number, so that late answers are known.
let asking = 0;
let asked = 0;

function partOf(agent) {
  return page.querySelector(`[data-agent="${CSS.escape(agent)}"]`);
}

function label(row) {
  return row.querySelector("b").textContent;
}

function say(text) {
  told.textContent = text;
}

function showStep(event) {
  const row = partOf(event.agent);
  if (!row) {
    return;
  }
  row.dataset.is = event.state;
  const [word, colour] = WORDS[event.state] || [event.state, ""];
  const badge = row.querySelector("[data-word]");
  badge.textContent = word;
  badge.className = `badge ${colour}`;
  const said = row.querySelector("[data-said]");
  if (event.state === "running") {
    said.textContent = "";
    row.dataset.since = String(Date.now());
    say(`${label(row)} is at work.`);
  }
  if (event.state === "done") {
    if (row.dataset.since) {
      const took = [`${Math.round((Date.now() - Number(row.dataset.since)) / 1000)} s`];
      if (event.tokens) {
        took.push(`${event.tokens.toLocaleString("en")} tokens`);
      }
      if (Number(event.cost)) {
        took.push(`cost ${Number(event.cost).toFixed(4)}`);
      }
      row.querySelector("[data-took]").textContent = took.join(", ");
    }
    say(`${label(row)} is done.`);
  }
}

function showText(event) {
  const row = partOf(event.agent);
  if (!row) {
    return;
  }
  const said = row.querySelector("[data-said]");
  const atEnd = said.scrollTop + said.clientHeight >= said.scrollHeight - 24;
  said.hidden = false;
  said.append(event.text);
  if (said.textContent.length > MOST_SAID) {
    said.textContent = said.textContent.slice(-MOST_SAID);
  }
  if (atEnd) {
    said.scrollTop = said.scrollHeight;
  }
}

function showFinding(event) {
  const row = partOf(event.agent);
  if (!row) {
    return;
  }
  const found = row.querySelector("[data-found]");
  found.hidden = false;
  found.textContent = `${event.message} ${event.outcome === "repaired" ? "Mended." : "The original was put back."}`;
}

async function reload() {
  let fresh = null;
  try {
    fresh = (await fetchDocument(location.href)).querySelector("[data-tailoring]");
  } catch (error) {
    if (!error.status) {
      // The network may come back.
      setTimeout(reload, AGAIN_MS);
      return;
    }
  }
  if (!fresh) {
    location.reload();
    return;
  }
  const words = { review: "Ready to be reviewed.", ready: "The files are ready.", failed: "It stopped.", cancelled: "It was stopped." };
  page.dataset.state = fresh.dataset.state;
  after = Number(fresh.dataset.after);
  page.replaceChildren(...fresh.childNodes);
  page.querySelector("[data-told]").textContent = words[fresh.dataset.state] || "";
  begin();
}

function show(event) {
  if (event.seq <= after) {
    return false;
  }
  after = event.seq;
  if (event.kind === "state" && event.state === "running") {
    const badge = page.querySelector("[data-run-badge] .badge");
    if (badge) {
      [badge.textContent, badge.className] = ["Working", "badge blue"];
    }
  }
  const kinds = { step: showStep, text: showText, finding: showFinding };
  if (kinds[event.kind]) {
    kinds[event.kind](event);
  } else if (event.kind === "again") {
    const row = partOf(event.agent);
    if (row) {
      row.querySelector("[data-said]").textContent = "";
      row.querySelector("[data-result]").textContent = `Asked once more (try ${event.attempt}).`;
    }
  }
  return event.kind === "state" && !["running", "queued", "approved"].includes(event.state);
}

function working() {
  return ["queued", "running", "approved"].includes(page.dataset.state);
}

function hangUp() {
  stream?.close();
  stream = null;
}

function listen() {
  listenTimer = 0;
  const address = page.dataset.stream;
  if (!address) {
    ask();
    return;
  }
  const base = address.startsWith(":") ? `${location.protocol}//${location.hostname}${address}` : address;
  stream = new EventSource(`${base}?after=${after}`, { withCredentials: true });
  stream.addEventListener("open", () => {
    losses = 0;
    asking = 0;
  });
  stream.addEventListener("tailoring", (message) => {
    if (show(JSON.parse(message.data))) {
      rest();
      reload();
    }
  });
  stream.addEventListener("done", () => {
    rest();
    reload();
  });
  // Browsers try again at once and for ever, or after an answer such as 403 never: the pauses are better kept here.
  stream.addEventListener("error", () => {
    hangUp();
    losses += 1;
    listenTimer = setTimeout(listen, Math.min(AGAIN_MS * 2 ** (losses - 1), AGAIN_MOST_MS));
    if (losses >= PATIENCE) {
      ask();
    }
  });
}

function ask() {
  if (!asking) {
    asked += 1;
    asking = asked;
    poll(asking);
  }
}

// Nothing more is to be heard of.
function rest() {
  hangUp();
  clearTimeout(listenTimer);
  asking = 0;
}

async function poll(round) {
  if (asking !== round) {
    return;
  }
  let over = false;
  try {
    const answer = await fetch(`${page.dataset.events}?after=${after}`, { headers: { Accept: "application/json" } });
    if (asking !== round) {
      return;
    }
    if (answer.redirected || answer.status === 404 || answer.status === 403) {
      rest();
      return;
    }
    const found = await answer.json();
    if (asking !== round) {
      return;
    }
    for (const event of found.events) {
      over = show(event) || over;
    }
    over = over || !["queued", "running", "approved"].includes(found.state);
  } catch {
    // The network may come back.
  }
  if (over) {
    rest();
    reload();
  } else {
    setTimeout(poll, document.hidden ? POLL_MS * 5 : POLL_MS, round);
  }
}

// Decisions go one after another, so that the last one pressed is the one that stands.
let deciding = Promise.resolve();
let undecided = 0;

async function decide(form, button) {
  const row = form.closest("[data-line]");
  const pressed = button.getAttribute("aria-pressed") === "true";
  const body = new FormData(form);
  body.set("do", pressed ? "reopen" : button.value);
  body.set("quick", "1");
  let found = {};
  try {
    const answer = await fetch(page.dataset.step, { method: "POST", body, headers: { Accept: "application/json" } });
    found = await answer.json();
    if (!answer.ok) {
      say(found.message);
      location.reload();
      return;
    }
  } catch {
    form.dataset.plain = "yes";
    form.requestSubmit(button);
    return;
  }
  row.dataset.decision = pressed ? "waiting" : { accept: "accepted", reject: "rejected" }[button.value];
  for (const one of form.querySelectorAll("button")) {
    one.setAttribute("aria-pressed", String(one === button && !pressed));
  }
  const seen = page.querySelector("[data-seen]");
  if (seen) {
    seen.value = found.seen;
  }
  const questions = page.querySelector("[data-questions]");
  if (questions) {
    questions.textContent = found.open ? `${found.open} need${found.open === 1 ? "s" : ""} your decision.` : "No question is open.";
  }
  say(pressed ? "Open again." : button.textContent.trim());
}

function onSubmit(event) {
  const { target: form, submitter: button } = event;
  if (form.dataset.plain) {
    return;
  }
  if (form.matches("[data-decide]") && button) {
    event.preventDefault();
    undecided += 1;
    deciding = deciding
      .then(() => decide(form, button))
      .finally(() => {
        undecided -= 1;
      });
  } else if (undecided) {
    // A decision on its way would make this one look late.
    event.preventDefault();
    deciding.then(() => form.requestSubmit(button));
  }
}

function begin() {
  if (working()) {
    if (losses >= PATIENCE) {
      ask();
    }
    listen();
  }
}

if (page) {
  page.addEventListener("submit", onSubmit);
  begin();
}
