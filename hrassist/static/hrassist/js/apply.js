// One resume, straight from this browser to the store; the form then only carries the proof of it.

import { Md5, toBase64 } from "./md5.js";

const CHUNK = 4 * 1024 * 1024;
const TYPES = {
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  odt: "application/vnd.oasis.opendocument.text",
  rtf: "application/rtf",
  txt: "text/plain",
  html: "text/html",
  htm: "text/html",
};

class Refused extends Error {}

const form = document.querySelector("form[data-apply]");
const part = (name) => form.querySelector(`[data-${name}]`);
const drop = part("drop");
const field = part("file");
const proof = part("proof");
const progress = part("progress");
// Grows with every file that is chosen: an upload that is overtaken must not write into the form.
let turn = 0;
let running = false;
let sendAfterwards = false;

function say(text, state = "") {
  part("state").textContent = text;
  drop.dataset.is = state;
}

function showName(name) {
  part("name").textContent = name;
  part("choose").textContent = name ? "Choose another file" : "Choose a file";
}

async function md5Of(file) {
  const md5 = new Md5();
  const whole = new Uint8Array(await file.arrayBuffer());
  for (let at = 0; at < whole.length; at += CHUNK) {
    md5.update(whole.subarray(at, at + CHUNK));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return toBase64(md5.digest());
}

async function askTicket(file) {
  const body = {
    filename: file.name,
    size: file.size,
    content_type: TYPES[file.name.split(".").pop().toLowerCase()] || file.type || "",
    md5_b64: await md5Of(file),
  };
  let answer;
  try {
    answer = await fetch(form.dataset.ticket, {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value,
      },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refused("There is no answer. Check your network and choose the file again.");
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Refused(found.message || "This did not work. Load the page again and repeat it.");
  }
  return found;
}

function send(file, ticket) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(ticket.method, ticket.url);
    for (const [name, value] of Object.entries(ticket.headers || {})) {
      if (!["content-length", "host"].includes(name.toLowerCase())) {
        request.setRequestHeader(name, value);
      }
    }
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        progress.value = event.loaded / event.total;
      }
    });
    request.addEventListener("load", () => {
      if ((request.status >= 200 && request.status < 300) || request.status === 412) {
        resolve();
      } else {
        reject(new Refused("The file was refused. Choose it again."));
      }
    });
    request.addEventListener("error", () => reject(new Refused("The file could not be sent. Choose it again.")));
    if (ticket.method === "POST") {
      const data = new FormData();
      Object.entries(ticket.fields || {}).forEach(([name, value]) => data.append(name, value));
      data.append("file", file);
      request.send(data);
    } else {
      request.send(file);
    }
  });
}

async function take(file) {
  turn += 1;
  const mine = turn;
  proof.value = "";
  part("filename").value = "";
  showName(file.name);
  progress.value = 0;
  progress.hidden = false;
  running = true;
  say("Being sent …");
  try {
    if (file.size === 0) {
      throw new Refused("This file is empty.");
    }
    if (file.size > Number(form.dataset.maxBytes)) {
      throw new Refused("This file is too large.");
    }
    const ticket = await askTicket(file);
    await send(file, ticket);
    if (mine !== turn) {
      return;
    }
    proof.value = ticket.proof;
    part("filename").value = ticket.filename;
    say("Your resume is here.", "good");
  } catch (error) {
    if (mine !== turn) {
      return;
    }
    sendAfterwards = false;
    say(error instanceof Refused ? error.message : "This did not work. Choose the file again.", "bad");
  }
  progress.hidden = true;
  running = false;
  if (sendAfterwards) {
    form.requestSubmit();
  }
}

drop.hidden = false;
part("no-script").hidden = true;
if (proof.value) {
  showName(part("filename").value);
  say("Your resume is here.", "good");
}
field.addEventListener("change", () => {
  if (field.files[0]) {
    take(field.files[0]);
  }
});
// Chosen before this script had loaded, or kept by the browser over a reload.
if (!proof.value && field.files[0]) {
  take(field.files[0]);
}
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) {
      take(event.dataTransfer.files[0]);
    }
  });
}
form.addEventListener("submit", (event) => {
  if (running) {
    event.preventDefault();
    sendAfterwards = true;
    say("It is sent as soon as your file is here.");
    return;
  }
  if (!form.checkValidity()) {
    event.preventDefault();
    form.reportValidity();
    return;
  }
  if (!proof.value) {
    event.preventDefault();
    say("Choose your resume first.", "bad");
    field.focus();
    return;
  }
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  part("send").setAttribute("aria-busy", "true");
});
// Coming back by the browser's button, the form can be sent again.
window.addEventListener("pageshow", () => {
  delete form.dataset.sent;
  part("send").removeAttribute("aria-busy");
});
part("errors")?.focus();
