// What this browser remembers. Of the tab: the open chat, the draft, the question under way. Beyond: the list of chats.

const place = location.pathname;
const MOST_CHATS = 200;

function read(storage, name, otherwise) {
  try {
    return JSON.parse(storage.getItem(`${name} of ${place}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function write(storage, name, value) {
  try {
    if (value === null || value === "") storage.removeItem(`${name} of ${place}`);
    else storage.setItem(`${name} of ${place}`, JSON.stringify(value));
    return true;
  } catch {
    storage.removeItem?.(`${name} of ${place}`); // better nothing than what was before
    return false; // the browser keeps nothing, or is full: the page works without
  }
}

const ofTab = (name, otherwise) => ({
  get: () => read(sessionStorage, name, otherwise),
  set: (value) => write(sessionStorage, name, value),
});

export const conversation = ofTab("conversation", "");
export const draft = ofTab("draft", "");
export const token = ofTab("token", "");
/** The question whose answer is not kept yet: {text, answer, before, fault}. */
export const pending = ofTab("pending", null);
/** What is to go along with the next question, and what went along with the pending one, if there is room for it. */
export const tray = ofTab("tray", []);
export const pendingFiles = ofTab("pending files", []);
/** What was said, for when the server forgets it: [{role, content}]. */
export const transcript = ofTab("transcript", []);

/** The chats of this browser, newest first: {id, title, at}. */
export const chats = {
  all: () => read(localStorage, "chats", []),
  find: (words) => chats.all().filter(({ title }) => title.toLowerCase().includes(words.trim().toLowerCase())),
  /** Puts a chat first; it keeps the name that it was given. */
  touch(id, title) {
    const known = chats.all();
    const kept = known.find((chat) => chat.id === id);
    const others = known.filter((chat) => chat.id !== id);
    write(localStorage, "chats", [{ id, title: kept?.title ?? title, at: Date.now() }, ...others].slice(0, MOST_CHATS));
  },
  rename: (id, title) => write(localStorage, "chats", chats.all().map((chat) => (chat.id === id ? { ...chat, title } : chat))),
  remove: (id) => write(localStorage, "chats", chats.all().filter((chat) => chat.id !== id)),
};
