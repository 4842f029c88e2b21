// A security key or passkey: asks the browser for it and sends what it answered by the form it stands in.

function bytes(text) {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (one) => one.charCodeAt(0));
}

function text(buffer) {
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function readable(options) {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (asked.user) {
    asked.user = { ...asked.user, id: bytes(asked.user.id) };
  }
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    asked[list] = (asked[list] ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return asked;
}

function sendable(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) {
      said[part] = text(response[part]);
    }
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? null,
    clientExtensionResults: {},
    response: said,
  });
}

const WHY = {
  NotAllowedError: "Nothing was chosen, or it took too long. Please try again.",
  InvalidStateError: "This key is set up already.",
  SecurityError: "Browsers do not offer keys on this address.",
};

for (const form of document.querySelectorAll("[data-security-key]")) {
  const button = form.querySelector("[data-use-key]");
  const status = form.querySelector("[data-key-status]");
  if (!window.PublicKeyCredential) {
    continue;
  }
  button.hidden = false;
  status.textContent = "";
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.textContent = "Touch your key, or follow what your browser asks.";
    try {
      const publicKey = readable(JSON.parse(form.dataset.options));
      const answer = await navigator.credentials[form.dataset.securityKey]({ publicKey });
      form.elements.credential.value = sendable(answer);
      status.textContent = "Checking …";
      form.submit();
    } catch (error) {
      status.textContent = WHY[error.name] ?? "The key could not be used. Please try again, or use a code.";
      button.disabled = false;
      button.focus();
    }
  });
}
