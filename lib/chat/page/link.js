// The socket: opened, and opened again when it is lost. Events go to `hear`, its state to `tell`.

const FINAL = new Set([1008]); // the server refuses: trying again would not help
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10000;

export class Link {
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #conversation = "";

  constructor({ hear, tell }) {
    this.hear = hear;
    this.tell = tell;
  }

  /** Whether something can be said now. */
  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens the socket; with a conversation's id that conversation goes on. */
  open(conversation = "") {
    this.close();
    this.#conversation = conversation;
    this.#connect();
  }

  /** From now on, a lost socket comes back to this conversation. */
  remember(conversation) {
    this.#conversation = conversation;
    this.#pause = FIRST_PAUSE;
  }

  say(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #connect() {
    this.tell("joining");
    const socket = new WebSocket(address(this.#conversation));
    this.#socket = socket;
    socket.addEventListener("open", () => this.#isCurrent(socket) && this.tell("open"));
    socket.addEventListener("message", (event) => this.#isCurrent(socket) && this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.#isCurrent(socket) && this.#lost(event.code));
  }

  #isCurrent(socket) {
    return socket === this.#socket;
  }

  #lost(code) {
    this.#socket = null;
    this.tell(FINAL.has(code) ? "refused" : "lost");
    if (FINAL.has(code)) return;
    this.#timer = setTimeout(() => this.#connect(), this.#pause);
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }
}

function address(conversation) {
  const url = new URL(location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  url.searchParams.set("format", "json");
  if (conversation) url.searchParams.set("conversation", conversation);
  return url;
}
