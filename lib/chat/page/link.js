// The socket: opened, and opened again when it is lost. Events go to `hear`, its state to `tell`.

const FINAL = new Set([1008]); // the server refuses: trying again would not help
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10000;

export class Link {
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #conversation = "";
  #isReady = false;

  constructor({ hear, tell }) {
    this.hear = hear;
    this.tell = tell;
  }

  /** Whether a question would be answered now. */
  get isReady() {
    return this.#isReady;
  }

  /** Whether something can be said at all; a token, for one. */
  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Opens the socket; with a conversation's id that conversation goes on. */
  open(conversation = "") {
    this.close();
    this.#conversation = conversation;
    this.#connect();
  }

  /** The server let us in: from now on, a lost socket comes back to this conversation. */
  letIn(conversation) {
    this.#conversation = conversation;
    this.#pause = FIRST_PAUSE;
    this.#isReady = true;
    this.tell("open");
  }

  say(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
  }

  /** Deletes another conversation on the server, over a socket of its own. */
  static forget(conversation, token) {
    const socket = new WebSocket(address(conversation));
    socket.addEventListener("message", ({ data }) => {
      const { type } = JSON.parse(data);
      if (type === "token_needed") socket.send(JSON.stringify({ type: "token", token }));
      if (type === "open") socket.send(JSON.stringify({ type: "delete" }));
      if (type === "deleted" || type === "error") socket.close();
    });
  }

  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.#isReady = false;
    socket?.close();
  }

  #connect() {
    this.tell("joining");
    const socket = new WebSocket(address(this.#conversation));
    this.#socket = socket;
    socket.addEventListener("message", (event) => this.#isCurrent(socket) && this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.#isCurrent(socket) && this.#lost(event.code));
  }

  #isCurrent(socket) {
    return socket === this.#socket;
  }

  #lost(code) {
    this.#socket = null;
    this.#isReady = false;
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
