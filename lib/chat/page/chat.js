// Wires the parts: what is typed goes to the socket, what comes from it goes into the log.

import { Tray } from "./attachments.js";
import { Link } from "./link.js";
import { drawList, save, toMarkdown } from "./list.js";
import { Log } from "./log.js";
import * as memory from "./memory.js";
import { errorText, fill, t } from "./texts.js";
import { bill } from "./words.js";

const part = (id) => document.getElementById(id);
fill(document);
const [composer, question, send, stop, status, hint] = ["composer", "question", "send", "stop", "status", "hint"].map(part);
const log = new Log(part("log"), part("welcome"));

const tray = new Tray(part("tray"), keepTray);

const NOT_TAKEN = new Set([
  "too_long", "too_fast", "too_many", "not_understood", "stopping", "attachments_off", "too_many_attachments",
  "attachment_wrong_kind", "attachment_too_large", "attachment_not_kept",
]);
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
  error: ({ turn, code, message }) => {
    const sentence = errorText(code, message);
    if (turn === null) complain(code, sentence);
    else fail(turn, sentence);
  },
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
  tray.rules = limits?.attachments ?? null;
  part("attach").hidden = !tray.rules;
  part("files").accept = tray.rules?.types.join(",") ?? "";
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
  if (!isForgotten) shown = messages.map((message) => ({ ...message, content: message.content ?? "" }));
  log.clear();
  drawShown();
  if (isForgotten) log.note("remark", t.forgotten);
  resume(isForgotten ? Infinity : shown.length);
  remember();
  offer();
}

function drawShown() {
  let asked = null;
  for (const { role, content, outcome, attachments } of shown) {
    if (role === "user") {
      asked = log.ask(content, attachments);
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
    settle();
    return;
  }
  const files = memory.pendingFiles.get();
  const asked = log.ask(lost.text, files.length ? files : lost.files);
  const answer = log.answer();
  answer.end({ text: lost.answer, fault: lost.fault || t.interrupted });
  last = { question: asked, answer, isLost: true };
  status.textContent = lost.fault || t.interrupted;
}

function remember() {
  memory.transcript.set(shown);
  const first = shown.find(({ role }) => role === "user");
  if (first) memory.chats.touch(memory.conversation.get(), titleOf(first));
  list();
}

function titleOf({ content, attachments = [] }) {
  return content.trim().slice(0, 60) || attachments.map(({ name }) => name).join(", ").slice(0, 60);
}

/** Notes a question that waits for its answer, with what went along as far as the browser has room for it. */
function notePending({ text, question: { files } }, before) {
  memory.pending.set({ text, answer: "", before, files: files.map(describe) });
  memory.pendingFiles.set(files.every(({ data }) => data) ? files : []);
}

function settle() {
  memory.pending.set(null);
  memory.pendingFiles.set([]);
}

function describe({ name, type, size, kept }) {
  return { name, type, size, kept };
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
  answer.end({ text: text || answer.text, usage, cost, remark: remarkOf(outcome, remark), fault });
  count(usage, cost);
  last = { question: asked ?? last?.question ?? null, answer, isKept: kept };
  if (kept && last.question) {
    const attachments = last.question.files.map(describe);
    shown.push({ role: "user", content: last.question.text, ...(attachments.length && { attachments }) }, { role: "assistant", content: answer.text, outcome });
    settle();
    remember();
  } else if (last.question) {
    notePending({ text: last.question.text, question: last.question }, shown.length);
    memory.pending.set({ ...memory.pending.get(), answer: answer.text, fault: fault || t.stopped });
  }
  offer();
  status.textContent = fault || `${t.answer}: ${answer.text} ${remark ?? ""}`;
}

function remarkOf(outcome, remark) {
  return outcome === "stopped" ? t.stopped : t.outcomes[outcome] ?? remark;
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
    if (!question.value.trim() && !tray.items.length) {
      tray.set(asked.files.filter(({ data }) => data));
      write(text);
    }
    settle();
  }
  log.note("fault", message);
  status.textContent = message;
}

/** Offers to ask the last question again, or to change it. */
function offer() {
  for (const button of document.querySelectorAll("[data-again]")) button.remove();
  if (!last?.question) return;
  const { question: asked, answer } = last;
  const retry = answer.offer(t.retry, () => again(asked));
  const edit = asked.offer(t.edit, () => {
    editing = true;
    tray.set(asked.files.filter(({ data }) => data));
    write(asked.text);
    question.focus();
    show();
  });
  retry.dataset.again = edit.dataset.again = "";
  show();
  log.scroll();
}

/** Asks the last question again, or what was made of it. */
function again({ text, files }, isEdited = false) {
  const { question: asked, answer, isKept, isLost } = last;
  const isWhole = files.every(({ data }) => data);
  if (isLost && !isWhole) {
    write(text);
    complainInField(t.addAgain);
    question.focus();
    return;
  }
  answer.remove();
  if (isEdited) asked.remove();
  if (isKept) shown = shown.slice(0, -2); // what comes takes its place
  for (const button of document.querySelectorAll("[data-again]")) button.remove();
  const entry = { text, question: isEdited ? log.ask(text, files) : asked };
  sent.push(entry);
  notePending(entry, isKept ? shown.length + 2 : shown.length);
  const more = isWhole && (files.length || isEdited) && tray.rules ? { attachments: files } : {};
  link.say(isLost ? { type: "ask", text, ...more } : { type: "retry", ...(isEdited && { text }), ...(isEdited && more) });
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
  send.hidden = busy && !question.value.trim() && !tray.items.length;
  send.disabled = !link.isReady || tray.isReading;
  hint.textContent = editing ? t.editing : hint.dataset.fault ?? "";
  hint.hidden = !hint.textContent;
  for (const button of document.querySelectorAll("[data-again]")) button.disabled = busy || !link.isReady;
}

// --- the field -------------------------------------------------------------------------------------------------------

function submit() {
  const text = question.value;
  if ((!text.trim() && !tray.items.length) || !link.isReady || tray.isReading) return;
  if (new TextEncoder().encode(JSON.stringify({ type: "retry", text })).length > most) {
    complainInField(t.tooLong(most));
    return;
  }
  const isEdit = editing && last?.question;
  const files = tray.items;
  editing = false;
  tray.set([]);
  write("");
  if (isEdit) {
    const { files: before } = last.question;
    again({ text, files: files.length || before.every(({ data }) => data) ? files : before }, true);
  } else {
    for (const button of document.querySelectorAll("[data-again]")) button.remove();
    const entry = { text, question: log.ask(text, files) };
    sent.push(entry);
    notePending(entry, shown.length);
    link.say({ type: "ask", text, ...(files.length && { attachments: files }) });
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

function complainInField(sentence) {
  hint.dataset.fault = sentence;
  status.textContent = sentence;
  show();
}

function keepTray() {
  delete hint.dataset.fault;
  memory.tray.set(tray.items);
  show();
}

/** Takes files into the tray. */
async function attach(files) {
  const before = tray.items.length;
  const fault = await tray.add(files);
  if (fault) complainInField(fault);
  else status.textContent = t.added(tray.items.slice(before).map(({ name }) => name).join(", "));
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
  if (event.key === "ArrowUp" && !question.value && !tray.items.length && last?.question) {
    event.preventDefault();
    tray.set(last.question.files.filter(({ data }) => data));
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
    tray.set([]);
    write("");
  }
});

part("attach").addEventListener("click", () => part("files").click());
part("files").addEventListener("change", () => {
  attach([...part("files").files]);
  part("files").value = "";
  question.focus();
});

question.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length || !tray.rules) return;
  event.preventDefault();
  attach(files);
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser would leave this page for the file
    const isInside = kind !== "drop" && !(kind === "dragleave" && event.relatedTarget === null);
    part("drop").hidden = !isInside || !tray.rules;
    if (kind === "drop") attach([...event.dataTransfer.files]);
  });
}

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
  settle();
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

tray.set(memory.tray.get());
question.value ||= memory.draft.get(); // something may have been typed while this was loading
changed();
list();
question.focus();
link.open(memory.conversation.get());
