// Wires the parts: what is typed goes to the socket, what comes from it goes into the log.

import { Link } from "./link.js";
import { Log } from "./log.js";
import { bill, sources } from "./words.js";

const part = (id) => document.getElementById(id);
const [composer, question, send, stop, status] = ["composer", "question", "send", "stop", "status"].map(part);
const log = new Log(part("log"), part("welcome"));
const place = `conversation of ${location.pathname}`;

const running = new Map(); // turn number -> {answer, usage, cost, remark, fault}
let total = { usage: null, cost: null };
let retry = null;
let token = tokenOfAddress();

const link = new Link({ hear, tell });

const hearers = {
  open: begin,
  token_needed: () => (token ? link.say({ type: "token", token }) : askForToken("")),
  start: ({ turn }) => running.set(turn, { answer: log.answer() }),
  delta: ({ turn, text }) => running.get(turn)?.answer.add(text),
  usage: ({ turn, usage }) => Object.assign(running.get(turn) ?? {}, { usage }),
  cost: ({ turn, cost }) => Object.assign(running.get(turn) ?? {}, { cost }),
  outcome: ({ turn, remark }) => Object.assign(running.get(turn) ?? {}, { remark }),
  error: ({ turn, code, message }) => (turn === null ? complain(code, message) : fail(turn, message)),
  done: finish,
};

function hear(event) {
  hearers[event.type]?.(event);
  show();
}

function begin({ conversation, title, model, source, note, messages }) {
  link.letIn(conversation);
  sessionStorage.setItem(place, conversation);
  document.title = title;
  part("title").textContent = title;
  part("model").textContent = sources[source] ?? model;
  part("model").hidden = false;
  part("notice").textContent = note;
  part("notice").hidden = !note;
  log.clear();
  running.clear();
  for (const message of messages) {
    if (message.role === "user") log.ask(message.content);
    else log.answer().end({ text: message.content ?? "" });
  }
}

function finish({ turn, text }) {
  const { answer, usage, cost, remark, fault } = running.get(turn) ?? {};
  running.delete(turn);
  if (!answer) return;
  answer.end({ text: text || answer.text, usage, cost, remark, fault });
  count(usage, cost);
  offerRetry(answer);
  status.textContent = fault || `Answer: ${answer.text} ${remark ?? ""}`;
}

function fail(turn, message) {
  Object.assign(running.get(turn) ?? {}, { fault: message });
}

function complain(code, message) {
  if (code === "bad_token") {
    token = "";
    askForToken("That was not the token. Try again.");
    return;
  }
  log.fault(message);
  status.textContent = message;
}

function offerRetry(answer) {
  retry?.remove();
  retry = answer.offer("Try again", () => {
    retry = null;
    answer.element.remove(); // the next answer takes its place
    link.say({ type: "retry" });
    question.focus();
  });
}

function count(usage, cost) {
  if (usage) total.usage = { total: (total.usage?.total ?? 0) + usage.total };
  if (cost) total.cost = { amount: (total.cost?.amount ?? 0) + cost.amount };
  const said = bill(total.usage, total.cost);
  part("totals").textContent = said && `In all ${said}`;
  part("totals").hidden = !said;
}

function tell(state) {
  const words = { joining: "Connecting…", open: "Connected", lost: "Connection lost, trying again", refused: "Not connected" };
  part("link").textContent = words[state];
  part("link").dataset.state = state === "refused" ? "lost" : state;
  if (state === "lost" || state === "refused") {
    for (const { answer } of running.values()) answer.end({ fault: "The connection was lost before the answer was complete." });
    running.clear();
    status.textContent = words[state];
  }
  show();
}

function show() {
  const busy = running.size > 0;
  stop.hidden = !busy;
  send.hidden = busy && !question.value.trim();
  send.disabled = !link.isReady;
  if (retry) retry.disabled = busy || !link.isReady;
}

function submit() {
  const text = question.value;
  if (!text.trim() || !link.isReady) return;
  retry?.remove();
  log.ask(text);
  link.say({ type: "ask", text });
  question.value = "";
  grow();
  show();
}

function grow() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
}

function askForToken(fault) {
  part("token-fault").textContent = fault;
  part("token").value = "";
  if (!part("asking").open) part("asking").showModal();
}

function tokenOfAddress() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (found) history.replaceState(null, "", location.pathname + location.search); // out of sight and of the history
  return found;
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  question.focus();
});

question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});

question.addEventListener("input", () => {
  grow();
  show();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && running.size) link.say({ type: "stop" });
});

stop.addEventListener("click", () => {
  link.say({ type: "stop" });
  question.focus();
});

part("fresh").addEventListener("click", () => {
  sessionStorage.removeItem(place);
  total = { usage: null, cost: null };
  count(null, null);
  link.open();
  question.focus();
});

part("token-form").addEventListener("submit", () => {
  token = part("token").value;
  if (link.isOpen) link.say({ type: "token", token });
  else link.open(sessionStorage.getItem(place) ?? "");
});

show();
question.focus();
link.open(sessionStorage.getItem(place) ?? "");
