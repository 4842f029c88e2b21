// A chosen template fills the mail at once, and the preview follows what is written. Without this script the buttons
// "Fill in" and "Preview" do the same by a page of their own.

const page = document.querySelector("[data-compose]");
const choose = page.querySelector("[data-choose]");
const write = page.querySelector("[data-write]");
const preview = page.querySelector("[data-preview]");
const told = page.querySelector("[data-told]");
let filled = { subject: write.subject.value, body: write.body.value };
let waiting = 0;
let asked = 0;

function show(mail) {
  for (const [name, text] of [
    ["from", mail.from],
    ["reply-to", mail.reply_to],
    ["subject", mail.subject],
    ["body", mail.body],
    ["missing-names", mail.missing.join(", ")],
  ]) {
    preview.querySelector(`[data-${name}]`).textContent = text;
  }
  preview.querySelector("[data-missing]").hidden = mail.missing.length === 0;
  preview.hidden = false;
}

async function look() {
  asked += 1;
  const turn = asked;
  const body = new FormData(write);
  body.append("do", "preview");
  try {
    const answer = await fetch(location.pathname, { method: "POST", headers: { Accept: "application/json" }, body });
    const mail = answer.ok ? await answer.json() : null;
    if (mail && turn === asked) {
      show(mail);
    }
  } catch {
    // The network may come back: the next letter asks again.
  }
}

function lookSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(look, 350);
}

function isWritten() {
  const changed = write.subject.value !== filled.subject || write.body.value !== filled.body;
  return changed && Boolean(write.subject.value || write.body.value);
}

async function read(key) {
  try {
    const answer = await fetch(`${location.pathname}?template=${key}`, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function fill() {
  const key = choose.template.value;
  const mail = isWritten() ? undefined : await read(key);
  if (choose.template.value !== key) {
    // Another was chosen meanwhile, and is asked for.
    return;
  }
  // Whoever did not wait for the answer wrote a text of their own.
  if (mail === undefined || isWritten()) {
    told.textContent = "You changed the text. Press Fill in to replace it.";
    return;
  }
  if (!mail) {
    told.textContent = "This template could not be read. Press Fill in to try again.";
    return;
  }
  asked += 1;
  write.subject.value = mail.template_subject;
  write.body.value = mail.template_body;
  write.template.value = key;
  filled = { subject: mail.template_subject, body: mail.template_body };
  told.textContent = key ? "Filled in." : "";
  show(mail);
}

choose.template.addEventListener("change", fill);
write.addEventListener("input", (event) => {
  if (event.target.name === "subject" || event.target.name === "body") {
    lookSoon();
  }
  if (event.target.name === "send_at") {
    write.querySelector('[name="when"][value="at"]').checked = true;
  }
});
if (write.body.value) {
  look();
} else if (choose.template.value !== write.template.value && !write.subject.value) {
  // Chosen before this script was there.
  fill();
}
