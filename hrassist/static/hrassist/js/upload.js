// A batch of files: each asks for a ticket, goes straight to the store, is confirmed, and is followed until it is read.

import { takeCarried } from "./carried_files.js";
import { Md5, toBase64, toHex } from "./md5.js";
import { send as sendFile, typeOf } from "./store.js";

const PARALLEL = 4;
const CHUNK = 4 * 1024 * 1024;
const POLL_MS = 1500;
// While the server tells by itself what changes, asking is only a safety net.
const SAFETY_MS = 30_000;
const LISTEN_AGAIN_MS = 2000;
const LISTEN_AGAIN_MOST_MS = 60_000;
const STATES = {
  waiting: ["waiting", ""],
  checking: ["checking", "blue"],
  uploading: ["uploading", "blue"],
  reading: ["reading", "blue"],
  ready: ["ready", "good"],
  rejected: ["rejected", "bad"],
  failed: ["not uploaded", "bad"],
};
const ENDED = new Set(["ready", "rejected", "failed"]);
const STORAGE_HINT =
  "The store could not be reached from this browser. If this happens to every file, its CORS rules or address are wrong: " +
  "ask the operator to run “manage.py storage_doctor”.";

class Refused extends Error {}

const root = document.querySelector("[data-uploader]");
const board = root.querySelector("[data-board]");
const list = root.querySelector("[data-list]");
const template = root.querySelector("template[data-row]");
const rows = new Map();
const queue = [];
let running = 0;
let pollTimer = 0;
// What the stream said of uploads, by id: it may be faster than the answer that names the id.
const told = new Map();
let stream = null;
let live = false;
let listenTimer = 0;
let losses = 0;

function sizeText(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(bytes / 1000))} kB`;
}

function addRow({ name, size, file = null, first = true }) {
  const element = template.content.firstElementChild.cloneNode(true);
  element.querySelector("[data-name]").textContent = name;
  element.querySelector("[data-name]").title = name;
  element.querySelector("[data-size]").textContent = sizeText(size);
  const row = { element, name, size, file, state: "", id: "", statusUrl: "", share: 0 };
  element.querySelector("[data-progress]").setAttribute("aria-label", `Upload of ${name}`);
  element.querySelector("[data-retry]").addEventListener("click", () => enqueue(row));
  if (first) {
    list.prepend(element);
  } else {
    list.append(element);
  }
  rows.set(element, row);
  board.hidden = false;
  return row;
}

function setState(row, state, reason = "") {
  row.state = state;
  const [word, colour] = STATES[state];
  const badge = row.element.querySelector("[data-state]");
  badge.textContent = word;
  badge.className = `badge ${colour}`;
  row.element.dataset.is = state;
  row.element.querySelector("[data-reason]").textContent = reason;
  row.element.querySelector("[data-retry]").hidden = !(state === "failed" && row.file);
  if (state === "ready" || state === "rejected") {
    setShare(row, 1);
  }
  summarise();
}

function setShare(row, share) {
  row.share = share;
  row.element.querySelector("[data-progress]").value = share;
  const all = [...rows.values()].filter((one) => one.file);
  const total = root.querySelector("[data-total]");
  total.value = all.length ? all.reduce((sum, one) => sum + one.share, 0) / all.length : 1;
}

function summarise() {
  const all = [...rows.values()];
  const count = (...states) => all.filter((row) => states.includes(row.state)).length;
  const parts = [`${all.length} file${all.length === 1 ? "" : "s"}`];
  const busy = all.length - count(...ENDED);
  for (const [number, word] of [
    [busy, "in work"],
    [count("ready"), "ready"],
    [count("rejected"), "rejected"],
    [count("failed"), "not uploaded"],
  ]) {
    if (number) {
      parts.push(`${number} ${word}`);
    }
  }
  root.querySelector("[data-summary]").textContent = parts.join(" · ");
  root.querySelector("[data-retry-all]").hidden = all.every((row) => !(row.state === "failed" && row.file));
}

async function api(url, { method = "GET", body = null } = {}) {
  let answer;
  try {
    answer = await fetch(url, {
      method,
      headers: {
        Accept: "application/json",
        ...(method === "GET" ? {} : { "Content-Type": "application/json", "X-CSRFToken": root.dataset.token }),
      },
      body: body && JSON.stringify(body),
    });
  } catch {
    throw new Refused("This site does not answer. Check the network and try again.");
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(found.detail || found.title || `The site answered ${answer.status}.`);
  }
  return found;
}

async function digests(file) {
  const md5 = new Md5();
  const whole = new Uint8Array(await file.arrayBuffer());
  for (let at = 0; at < whole.length; at += CHUNK) {
    md5.update(whole.subarray(at, at + CHUNK));
    // Lets the page breathe between pieces of a large file.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const answer = { md5_b64: toBase64(md5.digest()) };
  // WebCrypto exists on HTTPS and localhost only; elsewhere the server computes the truth alone.
  if (globalThis.crypto?.subtle) {
    answer.sha256_hex = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
  }
  return answer;
}

async function send(row, ticket) {
  try {
    await sendFile(row.file, ticket, (share) => setShare(row, 0.9 * share));
  } catch (error) {
    const said = {
      refused: `The store refused the file (${error.status}). Try again.`,
      timeout: "The upload took too long. Try again.",
    };
    throw new Refused(said[error.reason] ?? STORAGE_HINT);
  }
}

async function upload(row) {
  const { file } = row;
  setShare(row, 0);
  if (file.size === 0) {
    throw new Refused("The file is empty.");
  }
  if (file.size > Number(root.dataset.maxBytes)) {
    throw new Refused(`The file is larger than ${sizeText(Number(root.dataset.maxBytes))}.`);
  }
  setState(row, "checking");
  const body = { filename: file.name, size: file.size, content_type: typeOf(file), ...(await digests(file)) };
  if (root.dataset.candidate) {
    body.candidate = root.dataset.candidate;
  }
  const ticket = await api(root.dataset.create, { method: "POST", body });
  row.id = ticket.id;
  row.statusUrl = ticket.status_url;
  setState(row, "uploading");
  await send(row, ticket);
  setShare(row, 0.95);
  take(row, await api(ticket.confirm, { method: "POST", body: {} }));
  hear(told.get(row.id));
}

function take(row, status) {
  if (status.state === "rejected") {
    setState(row, "rejected", status.reason || status.reason_code || "");
  } else if (status.state === "expired") {
    setState(row, "failed", "The time to upload it ran out.");
  } else if (status.state === "available") {
    setState(row, "ready", status.person || "");
    const link = row.element.querySelector("[data-person]");
    if (status.person_url) {
      link.href = status.person_url;
      link.hidden = false;
    }
  } else if (status.state === "confirmed") {
    setState(row, "reading");
  } else {
    setState(row, "failed", "It was begun and not finished. Add the file again.");
  }
}

function enqueue(row) {
  setState(row, "waiting");
  queue.push(row);
  work();
  follow();
}

function work() {
  while (running < PARALLEL && queue.length) {
    const row = queue.shift();
    running += 1;
    upload(row)
      .catch((error) => setState(row, "failed", error instanceof Refused ? error.message : `${error}`))
      .finally(() => {
        running -= 1;
        work();
        follow();
      });
  }
}

const isReading = (row) => row.state === "reading";
// A file that this page is still sending is the page's to tell of, not the server's.
const isServers = (row) => (!row.file || isReading(row)) && !ENDED.has(row.state);

// What the server knows of my last uploads: after a reload the list comes back, and names of people come with it.
async function poll() {
  clearTimeout(pollTimer);
  const answer = await api(root.dataset.recent).catch(() => null);
  if (answer) {
    const known = new Map([...rows.values()].filter((row) => row.id).map((row) => [row.id, row]));
    for (const one of answer.uploads) {
      let row = known.get(one.id);
      if (!row && !(one.state === "issued" && running)) {
        row = addRow({ name: one.filename, size: one.size, first: false });
        row.id = one.id;
      }
      if (row && isServers(row)) {
        take(row, one);
      }
    }
    summarise();
  }
  follow();
}

// As long as a file is in work: listen where there is a stream, and ask where there is none or it is silent.
function follow() {
  clearTimeout(pollTimer);
  const all = [...rows.values()];
  if (all.every((row) => ENDED.has(row.state))) {
    hangUp();
    return;
  }
  listen();
  if (all.some(isReading)) {
    pollTimer = setTimeout(poll, live ? SAFETY_MS : POLL_MS);
  }
}

function listen() {
  if (stream || listenTimer || !root.dataset.stream) {
    return;
  }
  const address = root.dataset.stream;
  stream = new EventSource(
    address.startsWith(":") ? `${location.protocol}//${location.hostname}${address}` : address,
    { withCredentials: true },
  );
  stream.addEventListener("open", () => {
    live = true;
    losses = 0;
    follow();
  });
  stream.addEventListener("upload", (event) => {
    const one = JSON.parse(event.data);
    told.set(one.id, one);
    hear(one);
    follow();
  });
  // Browsers try again at once and for ever, or after an answer such as 403 never: the pauses are better kept here.
  stream.addEventListener("error", () => {
    hangUp();
    listenTimer = setTimeout(
      () => {
        listenTimer = 0;
        follow();
      },
      Math.min(LISTEN_AGAIN_MS * 2 ** losses, LISTEN_AGAIN_MOST_MS),
    );
    losses += 1;
    follow();
  });
}

function hangUp() {
  stream?.close();
  stream = null;
  live = false;
}

function hear(one) {
  const row = one && one.state !== "issued" && [...rows.values()].find((known) => known.id === one.id);
  if (row && isServers(row)) {
    const { personUrl, anybody } = root.dataset;
    take(row, { ...one, person_url: one.candidate && personUrl.replace(anybody, one.candidate) });
  }
}

function addFiles(files) {
  for (const file of files) {
    enqueue(addRow({ name: file.name, size: file.size, file }));
  }
}

const drop = root.querySelector("[data-drop]");
const field = root.querySelector("[data-files]");
function takeChosen() {
  addFiles([...field.files]);
  field.value = "";
}

field.addEventListener("change", takeChosen);
for (const kind of ["dragover", "drop"]) {
  // A file that misses the target would otherwise replace the page.
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") {
      addFiles([...event.dataTransfer.files]);
    }
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) {
    drop.classList.remove("over");
  }
});
root.querySelector("[data-retry-all]").addEventListener("click", () => {
  [...rows.values()].filter((row) => row.state === "failed" && row.file).forEach(enqueue);
});
window.addEventListener("beforeunload", (event) => {
  if (running || queue.length) {
    event.preventDefault();
  }
});

poll();
// What somebody chose while this script was still on its way.
takeChosen();
addFiles(await takeCarried());
