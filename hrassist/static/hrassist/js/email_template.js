// A click puts a placeholder where the cursor stands, and the preview follows what is written. Without this script the
// list says what may be typed, and the preview is the one of the saved text.

import { isTouched } from "./touched.js";

const page = document.querySelector("[data-template-page]");
const form = document.querySelector("#emailtemplate_form");
const subject = document.querySelector("#id_subject");
const body = document.querySelector("#id_body");
const about = page.querySelector("[data-about]");
let place = body;
let waiting = 0;
let asked = 0;

function tell(name, text) {
  const line = page.querySelector(`[data-${name}]`);
  line.textContent = text;
  line.hidden = !text;
}

async function preview(said) {
  try {
    const answer = await fetch(page.dataset.templatePage, { method: "POST", body: said });
    return answer.ok ? await answer.json() : null;
  } catch {
    // The network may come back: the next letter asks again.
    return null;
  }
}

async function look() {
  asked += 1;
  const turn = asked;
  const said = new FormData();
  said.append("csrfmiddlewaretoken", form.csrfmiddlewaretoken.value);
  said.append("subject", subject.value);
  said.append("body", body.value);
  said.append("application", about.value);
  const mail = await preview(said);
  if (!mail || turn !== asked) {
    return;
  }
  page.querySelector("[data-subject]").textContent = mail.subject;
  page.querySelector("[data-body]").textContent = mail.body;
  tell("wrong", mail.wrong);
  tell("missing", mail.missing.length && !mail.wrong ? `This person has nothing for: ${mail.missing.join(", ")}` : "");
}

function lookSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(look, 300);
}

if (subject && body && form) {
  for (const field of [subject, body]) {
    field.addEventListener("focus", () => {
      place = field;
    });
    field.addEventListener("input", lookSoon);
  }
  about.addEventListener("change", look);
  page.querySelector("[data-hint]").textContent = "Click to insert";
  for (const code of page.querySelectorAll("code[data-name]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.append(code.cloneNode(true));
    button.addEventListener("click", () => {
      place.setRangeText(`{{ ${code.dataset.name} }}`, place.selectionStart, place.selectionEnd, "end");
      place.focus();
      lookSoon();
    });
    code.replaceWith(button);
  }
  if ([subject, body, about].some(isTouched)) {
    look();
  }
}
