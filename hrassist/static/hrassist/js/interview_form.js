// Calendars follow the form: whoever is chosen and whatever time is typed, the free times beside it are looked up
// again. Without this every button does the same with a page of its own.

import { isTouched } from "./touched.js";

const PLANNED = ["date", "time", "minutes", "time_zone", "interviewers"];
const LOOKED_UP = [...PLANNED, "also"];
const form = document.getElementById("interview-form");
const place = document.getElementById("availability");
let waiting = 0;
let asked = 0;

async function look(name = "do", value = "check") {
  const mine = (asked += 1);
  const body = new FormData(form);
  body.set(name, value);
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("availability");
    // A later question was asked meanwhile: its answer is the one to show.
    if (fresh && mine === asked) {
      const button = document.activeElement?.closest("#availability button");
      const key = button && `[name="${button.name}"][value="${CSS.escape(button.value)}"], [aria-label="${button.ariaLabel}"]`;
      place.replaceChildren(...fresh.childNodes);
      if (key) {
        place.querySelector(key)?.focus();
      }
    }
  } catch {
    // Offline: the form itself still works, and says so when it is sent.
  } finally {
    if (mine === asked) {
      place.removeAttribute("aria-busy");
    }
  }
}

function take(value) {
  const [day, time] = value.split("T");
  form.elements.namedItem("date").value = day;
  form.elements.namedItem("time").value = time;
  // An answer to another time's warning is no answer to this one.
  form.querySelector("[data-asked]")?.remove();
}

if (form && place) {
  form.addEventListener("change", (event) => {
    if (LOOKED_UP.includes(event.target.name)) {
      if (PLANNED.includes(event.target.name)) {
        form.querySelector("[data-asked]")?.remove();
      }
      clearTimeout(waiting);
      waiting = setTimeout(look, 200);
    }
  });
  form.querySelector("[data-check]").addEventListener("click", (event) => {
    event.preventDefault();
    look();
  });
  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[name]");
    if (!button) {
      return;
    }
    event.preventDefault();
    if (button.name === "slot") {
      take(button.value);
      look();
    } else {
      look(button.name, button.value);
    }
  });
  if ([...form.elements].some((field) => LOOKED_UP.includes(field.name) && isTouched(field))) {
    look();
  }
}
