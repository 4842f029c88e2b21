// The end of a session: said before it comes, and what was typed is kept when it has come.

const HOLDER = document.querySelector("[data-session-state]");
const WARN = 120;
const ASK_EVERY = 60_000;

if (HOLDER) {
  const address = HOLDER.dataset.sessionState;
  const signIn = HOLDER.dataset.signIn;
  let ends = Number.POSITIVE_INFINITY;
  let over = false;
  let bar = null;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    made.textContent = text;
    return made;
  }

  function say(words, act) {
    bar ??= document.body.appendChild(element("div", "session-bar", ""));
    bar.setAttribute("role", "alert");
    bar.replaceChildren(element("p", "", words), act);
  }

  function quiet() {
    bar?.remove();
    bar = null;
  }

  async function ask({ stay = false } = {}) {
    const options = { headers: { Accept: "application/json" }, redirect: "manual" };
    if (stay) {
      options.method = "POST";
      options.headers["X-CSRFToken"] = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
    } else {
      options.headers["X-Background"] = "1";
    }
    const answer = await fetch(address, options);
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      return null;
    }
    return answer.ok ? answer.json() : undefined;
  }

  function renew(said) {
    ends = Date.now() + Math.min(said.idle, said.whole) * 1000;
    // Signing in again, in another window, made the proof in every form of this page an old one.
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) {
      field.value = said.token;
    }
  }

  function ended() {
    over = true;
    const link = element("a", "button primary", "Sign in again");
    link.href = signIn;
    link.target = "_blank";
    link.rel = "opener";
    say("You have been signed out. What you typed is still here: sign in again in a new window, then go on.", link);
  }

  function warn(seconds, hard) {
    if (hard) {
      const link = element("a", "button", "Sign in anew");
      link.href = signIn;
      link.target = "_blank";
      say(`Your working day here ends in ${Math.ceil(seconds / 60)} min. Save what you have typed.`, link);
      return;
    }
    const button = element("button", "button primary", "Stay signed in");
    button.type = "button";
    button.addEventListener("click", async () => {
      const said = await ask({ stay: true }).catch(() => undefined);
      if (said) {
        renew(said);
        quiet();
      } else if (said === null) {
        ended();
      }
    });
    say(`Nothing has happened here for a while: you are signed out in ${Math.ceil(seconds / 60)} min.`, button);
  }

  async function look() {
    const said = await ask().catch(() => undefined);
    if (said === null) {
      ended();
    } else if (said) {
      const left = Math.min(said.idle, said.whole);
      renew(said);
      if (over) {
        over = false;
        quiet();
      }
      if (left <= WARN) {
        warn(left, said.whole <= said.idle);
      } else {
        quiet();
      }
    }
  }

  // A form that is sent into a session that is over would come back as the sign-in page, without its text.
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (Date.now() < ends || form.method !== "post" || form.dataset.sessionChecked) {
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      const said = await ask().catch(() => undefined);
      if (said === null) {
        ended();
        return;
      }
      if (said) {
        renew(said);
      }
      form.dataset.sessionChecked = "yes";
      form.requestSubmit(event.submitter ?? undefined);
    },
    true,
  );

  setInterval(look, ASK_EVERY);
  document.addEventListener("visibilitychange", () => document.hidden || look());
  ends = Date.now() + Number(HOLDER.dataset.sessionSeconds) * 1000;
}
