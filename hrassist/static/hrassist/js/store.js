// Putting one file into the store as its ticket says, from whichever page.

const TYPES = {
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  odt: "application/vnd.oasis.opendocument.text",
  rtf: "application/rtf",
  txt: "text/plain",
  html: "text/html",
  htm: "text/html",
};

// `status` is the store's answer, 0 where there was none.
export class NotStored extends Error {
  constructor(status, reason) {
    super(`${reason} (${status})`);
    this.status = status;
    this.reason = reason;
  }
}

export function typeOf(file) {
  return TYPES[file.name.split(".").pop().toLowerCase()] || file.type || "application/octet-stream";
}

export function send(file, ticket, told) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(ticket.method, ticket.url);
    for (const [name, value] of Object.entries(ticket.headers || {})) {
      // Browsers set these two themselves and forbid scripts to.
      if (!["content-length", "host"].includes(name.toLowerCase())) {
        request.setRequestHeader(name, value);
      }
    }
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) {
        told(event.loaded / event.total);
      }
    });
    request.addEventListener("load", () => {
      // 412: the same bytes are already there, from a try whose answer was lost.
      if ((request.status >= 200 && request.status < 300) || request.status === 412) {
        resolve();
      } else {
        reject(new NotStored(request.status, "refused"));
      }
    });
    request.addEventListener("error", () => reject(new NotStored(0, "unreachable")));
    request.addEventListener("timeout", () => reject(new NotStored(0, "timeout")));
    if (ticket.method === "POST") {
      const form = new FormData();
      Object.entries(ticket.fields || {}).forEach(([name, value]) => form.append(name, value));
      form.append("file", file);
      request.send(form);
    } else {
      request.send(file);
    }
  });
}
