// Wires the parts: what is typed goes to the socket, what comes from it goes into the log.

import { Link } from "./link.js";
import { drawList, save, toMarkdown } from "./list.js";
import { Log } from "./log.js";
import * as memory from "./memory.js";
import { fill, t } from "./texts.js";
import { bill } from "./words.js";

const part = (id) => document.getElementById(id);
fill(document);
const [composer, question, send, stop, status, hint] = ["composer", "question", "send", "stop", "status", "hint"].map(part);
const log = new Log(part("log"), part("welcome"));

const NOT_TAKEN = new Set(["too_long", "too_fast", "too_many", "not_understood", "stopping"]);
const running = new Map(); // turn number -> {answer, question, usage, cost, remark, fault}
const sent = []; // questions that no turn has begun for: {text, question}
let total = { usage: null, cost: null };
let shown = memory.transcript.get(); // what stands on the page: {role, content}
let last = null; // the last turn on the page: {question, answer, retry, edit}
let editing = false;
let most = Infinity; // bytes of a message
let token = tokenOfAddress() || memory.token.get();

const link = new Link({ hear, tell });

const hearers = {
  open: begin,
  token_needed: () => (token ? link.say({ type: "token", token }) : askForToken("")),
  start: ({ turn }) => running.set(turn, { answer: log.answer(), ...sent.shift() }),
  delta: ({ turn, text }) => hearPiece(turn, text),
  usage: ({ turn, usage }) => Object.assign(running.get(turn) ?? {}, { usage }),
  cost: ({ turn, cost }) => Object.assign(running.get(turn) ?? {}, { cost }),
  outcome: ({ turn, outcome, remark }) => Object.assign(running.get(turn) ?? {}, { outcome, remark }),
  error: ({ turn, code, message }) => (turn === null ? complain(code, message) : fail(turn, message)),
  done: finish,
};

function hear(event) {
  hearers[event.type]?.(event);
  show();
}

// --- a conversation begins, or goes on -------------------------------------------------------------------------------

function begin({ conversation, title, model, source, note, messages, known, limits }) {
  link.letIn(conversation);
  memory.conversation.set(conversation);
  most = limits?.messageBytes ?? Infinity;
  document.title = title;
  part("title").textContent = title;
  part("model").textContent = source === "api" ? model : t[source];
  part("model").hidden = false;
  part("notice").textContent = note;
  part("notice").hidden = !note;
  sent.length = 0;
  running.clear();
  last = null;
  const isForgotten = known === false && shown.length > 0;
  if (!isForgotten) shown = messages.map(({ role, content, outcome }) => ({ role, content: content ?? "", outcome }));
  log.clear();
  drawShown();
  if (isForgotten) log.note("remark", t.forgotten);
  resume(isForgotten ? Infinity : shown.length);
  remember();
  offer();
}

function drawShown() {
  let asked = null;
  for (const { role, content, outcome } of shown) {
    if (role === "user") {
      asked = log.ask(content);
    } else {
      const answer = log.answer();
      answer.end({ text: content, remark: outcome === "stopped" ? t.stopped : "" });
      last = { question: asked, answer, isKept: true };
    }
  }
}

/** Shows the question that was under way when the connection ended, unless the server has kept it. */
function resume(length) {
  const lost = memory.pending.get();
  if (!lost) return;
  if (length !== Infinity && length > lost.before) {
    memory.pending.set(null);
    return;
  }
  const asked = log.ask(lost.text);
  const answer = log.answer();
  answer.end({ text: lost.answer, fault: lost.fault || t.interrupted });
  last = { question: asked, answer, isLost: true };
  status.textContent = lost.fault || t.interrupted;
}

function remember() {
  memory.transcript.set(shown);
  const first = shown.find(({ role }) => role === "user");
  if (first) memory.chats.touch(memory.conversation.get(), first.content.slice(0, 60));
  list();
}

// --- an answer -------------------------------------------------------------------------------------------------------

function hearPiece(turn, text) {
  const { answer } = running.get(turn) ?? {};
  answer?.add(text);
}

function finish({ turn, text, kept }) {
  const { answer, question: asked, outcome, usage, cost, remark, fault } = running.get(turn) ?? {};
  running.delete(turn);
  if (!answer) return;
  answer.end({ text: text || answer.text, usage, cost, remark: outcome === "stopped" ? t.stopped : remark, fault });
  count(usage, cost);
  last = { question: asked ?? last?.question ?? null, answer, isKept: kept };
  if (kept && last.question) {
    shown.push({ role: "user", content: last.question.text }, { role: "assistant", content: answer.text, outcome });
    memory.pending.set(null);
    remember();
  } else if (last.question) {
    memory.pending.set({ text: last.question.text, answer: answer.text, before: shown.length, fault: fault || t.stopped });
  }
  offer();
  status.textContent = fault || `${t.answer}: ${answer.text} ${remark ?? ""}`;
}

function fail(turn, message) {
  Object.assign(running.get(turn) ?? {}, { fault: message });
}

function complain(code, message) {
  if (code === "bad_token") {
    token = "";
    memory.token.set("");
    askForToken(t.tokenWrong);
    return;
  }
  if (NOT_TAKEN.has(code) && sent.length) {
    const { text, question: asked } = sent.pop();
    asked.remove();
    if (!question.value.trim()) write(text);
    memory.pending.set(null);
  }
  log.note("fault", message);
  status.textContent = message;
}

/** Offers to ask the last question again, or to change it. */
function offer() {
  for (const button of document.querySelectorAll("[data-again]")) button.remove();
  if (!last?.question) return;
  const { question: asked, answer } = last;
  const retry = answer.offer(t.retry, () => again(asked.text));
  const edit = asked.offer(t.edit, () => {
    editing = true;
    write(asked.text);
    question.focus();
    show();
  });
  retry.dataset.again = edit.dataset.again = "";
  show();
}

function again(text, isEdited = false) {
  const { question: asked, answer, isKept, isLost } = last;
  answer.remove();
  if (isEdited) asked.remove();
  if (isKept) shown = shown.slice(0, -2); // what comes takes its place
  for (const button of document.querySelectorAll("[data-again]")) button.remove();
  const entry = { text, question: isEdited ? log.ask(text) : asked };
  sent.push(entry);
  memory.pending.set({ text, answer: "", before: isKept ? shown.length + 2 : shown.length });
  link.say(isLost ? { type: "ask", text } : isEdited ? { type: "retry", text } : { type: "retry" });
  question.focus();
}

function count(usage, cost) {
  if (usage) total.usage = { total: (total.usage?.total ?? 0) + usage.total };
  if (cost) total.cost = { amount: (total.cost?.amount ?? 0) + cost.amount };
  const said = bill(total.usage, total.cost);
  part("totals").textContent = said && t.total(said);
  part("totals").hidden = !said;
}

// --- the connection --------------------------------------------------------------------------------------------------

function tell(state) {
  part("link").textContent = t[state];
  part("link").dataset.state = state === "refused" ? "lost" : state;
  if (state === "lost" || state === "refused") {
    keepRunning();
    for (const { answer } of running.values()) answer.end({ fault: t.interrupted });
    running.clear();
    sent.length = 0;
    status.textContent = t[state];
  }
  show();
}

/** Notes how far the answer has come, for after a reload or a restart. */
function keepRunning() {
  const [first] = running.values();
  const lost = memory.pending.get();
  if (first && lost) memory.pending.set({ ...lost, answer: first.answer.text });
}

function show() {
  const busy = running.size > 0;
  stop.hidden = !busy;
  send.hidden = busy && !question.value.trim();
  send.disabled = !link.isReady;
  hint.textContent = editing ? t.editing : hint.dataset.fault ?? "";
  hint.hidden = !hint.textContent;
  for (const button of document.querySelectorAll("[data-again]")) button.disabled = busy || !link.isReady;
}

// --- the field -------------------------------------------------------------------------------------------------------

function submit() {
  const text = question.value;
  if (!text.trim() || !link.isReady) return;
  if (new TextEncoder().encode(JSON.stringify({ type: "retry", text })).length > most) {
    hint.dataset.fault = t.tooLong(most);
    status.textContent = hint.dataset.fault;
    show();
    return;
  }
  const isEdit = editing && last?.question;
  editing = false;
  write("");
  if (isEdit) {
    again(text, true);
  } else {
    for (const button of document.querySelectorAll("[data-again]")) button.remove();
    sent.push({ text, question: log.ask(text) });
    memory.pending.set({ text, answer: "", before: shown.length });
    link.say({ type: "ask", text });
  }
  show();
}

function write(text) {
  question.value = text;
  changed();
}

function changed() {
  delete hint.dataset.fault;
  memory.draft.set(question.value);
  question.removeAttribute("style");
  if (question.value) question.style.height = `${question.scrollHeight}px`;
  show();
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
  if (event.key === "ArrowUp" && !question.value && last?.question) {
    event.preventDefault();
    write(last.question.text);
  }
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});

question.addEventListener("input", changed);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (running.size) link.say({ type: "stop" });
  if (editing) {
    editing = false;
    write("");
  }
});

stop.addEventListener("click", () => {
  link.say({ type: "stop" });
  question.focus();
});

addEventListener("pagehide", keepRunning);

part("token-form").addEventListener("submit", () => {
  token = part("token").value;
  memory.token.set(part("token-keep").checked ? token : "");
  if (link.isOpen) link.say({ type: "token", token });
  else link.open(memory.conversation.get());
});

// --- the list of chats -----------------------------------------------------------------------------------------------

function goTo(id) {
  editing = false;
  memory.conversation.set(id);
  memory.pending.set(null);
  memory.transcript.set([]);
  shown = [];
  total = { usage: null, cost: null };
  count(null, null);
  link.open(id);
  question.focus();
}

function list() {
  drawList({ list: part("list"), words: part("search").value, current: memory.conversation.get(), open: goTo, remove });
}

function remove(id) {
  memory.chats.remove(id);
  Link.forget(id, token);
  if (id === memory.conversation.get()) goTo("");
  list();
}

part("fresh").addEventListener("click", () => goTo(""));
part("search").addEventListener("input", list);
part("toggle").addEventListener("click", () => {
  const opens = part("chats").hidden;
  part("chats").hidden = !opens;
  part("toggle").setAttribute("aria-expanded", String(opens));
  if (opens) list();
});
part("save-markdown").addEventListener("click", () => save("chat.md", "text/markdown", toMarkdown(document.title, shown)));
part("save-json").addEventListener("click", () => {
  const whole = { title: document.title, conversation: memory.conversation.get(), messages: shown };
  save("chat.json", "application/json", JSON.stringify(whole, null, 2));
});

question.value ||= memory.draft.get(); // something may have been typed while this was loading
changed();
list();
question.focus();
link.open(memory.conversation.get());
