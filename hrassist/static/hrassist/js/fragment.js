// Another page of ours as a document: the browser parses it, nothing in it runs, and no markup is put together here.

export function fetchDocument(url) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", url);
    request.responseType = "document";
    request.onload = () => {
      if (request.status === 200 && request.response) {
        resolve(request.response);
      } else {
        reject(Object.assign(new Error(`The site answered ${request.status}.`), { status: request.status }));
      }
    };
    request.onerror = () => reject(new Error("The site does not answer."));
    request.send();
  });
}

// The answer to a form that was sent from a script; a refusal is thrown with what the server told.
export async function postForm(url, body, token) {
  let answer;
  try {
    answer = await fetch(url, { method: "POST", headers: { Accept: "application/json", "X-CSRFToken": token }, body });
  } catch {
    throw new Error("The site does not answer.");
  }
  const told = await answer.json().catch(() => null);
  if (answer.ok && told) {
    return told;
  }
  const error = new Error(told?.message || `The site answered ${answer.status}.`);
  error.now = told?.now;
  error.status = answer.status;
  throw error;
}
