// Resumes may be dropped on any page: they are carried to the upload page, on a person's page for that person.

import { carry } from "./carried_files.js";

const overlay = document.querySelector("[data-drop-anywhere]");
const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

// The upload page, and forms with a file field, take files themselves.
if (overlay && !document.querySelector("[data-uploader], input[type=file]")) {
  const person = document.querySelector("[data-person-key]")?.dataset.personKey;
  if (person) {
    overlay.querySelector("[data-drop-words]").textContent = overlay.dataset.forPerson;
  }
  document.addEventListener("dragover", (event) => {
    if (hasFiles(event)) {
      event.preventDefault();
      overlay.hidden = false;
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) {
      overlay.hidden = true;
    }
  });
  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) {
      return;
    }
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    overlay.hidden = true;
    if (files.length) {
      await carry(files);
      location.assign(overlay.dataset.uploadUrl + (person ? `?candidate=${person}` : ""));
    }
  });
}
