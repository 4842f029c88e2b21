// Files that somebody dropped on one page and that another page uploads: they wait in this browser, nowhere else.

const DATABASE = "hrassist";
const STORE = "carried-files";

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE, { autoIncrement: true }));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

async function within(work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, "readwrite");
      const answer = work(transaction.objectStore(STORE));
      transaction.addEventListener("complete", () => resolve(answer?.result));
      transaction.addEventListener("error", () => reject(transaction.error));
      transaction.addEventListener("abort", () => reject(transaction.error));
    });
  } finally {
    database.close();
  }
}

/** Keep these files for the next page; what was kept before is forgotten. */
export function carry(files) {
  return within((store) => {
    store.clear();
    files.forEach((file) => store.add(file));
  });
}

/** The files that the page before kept, which are forgotten by asking. */
export async function takeCarried() {
  const found = await within((store) => {
    const answer = store.getAll();
    answer.addEventListener("success", () => store.clear());
    return answer;
  }).catch(() => []);
  return found ?? [];
}
