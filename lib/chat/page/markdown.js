// Markdown in, values out; nothing here touches the page. As much of it as answers use, in time that grows with the text.

const DEEPEST = 12; // lists, quotes and emphasis within each other
const WINDOW = 2000; // how far the end of a link or of code is looked for
const MOST_TRIES = 20; // marks that are looked at for the one that ends an emphasis
const SAFE = /^(?:https?:\/\/|mailto:)/i;

/**
 * Cuts a text into blocks, each with the `source` it was made of:
 * heading {level, spans} · paragraph {spans} · code {language, text, isOpen} · list {start, items: [[block]]}, start is
 * null for bullets · quote {blocks} · table {aligns, head: [spans], rows: [[spans]]} · rule.
 */
export function blocks(text, depth = 0) {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const found = [];
  let at = 0;
  while (at < lines.length) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const [block, next] = read(lines, at, depth);
    block.source = lines.slice(at, next).join("\n");
    found.push(block);
    at = next;
  }
  return found;
}

function read(lines, at, depth) {
  const kinds = depth < DEEPEST ? [fenced, headed, ruled, quoted, listed, tabled] : [fenced, headed];
  for (const kind of kinds) {
    const found = kind(lines, at, depth);
    if (found) return found;
  }
  return paragraph(lines, at);
}

function fenced(lines, at) {
  const opened = /^( {0,3})(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/.exec(lines[at]);
  if (!opened) return null;
  const [, indent, fence, language] = opened;
  let end = at + 1;
  while (end < lines.length && !closes(lines[end], fence)) end += 1;
  const margin = new RegExp(`^ {0,${indent.length}}`);
  const text = lines.slice(at + 1, end).map((line) => line.replace(margin, "")).join("\n");
  return [{ kind: "code", language, text, isOpen: end === lines.length }, Math.min(end + 1, lines.length)];
}

function closes(line, fence) {
  const mark = line.trim();
  return mark.length >= fence.length && mark === fence[0].repeat(mark.length);
}

function headed(lines, at) {
  const found = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(lines[at].slice(0, WINDOW));
  return found && [{ kind: "heading", level: found[1].length, spans: spans(found[2]) }, at + 1];
}

function ruled(lines, at) {
  return /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/.test(lines[at].slice(0, 200)) ? [{ kind: "rule" }, at + 1] : null;
}

function quoted(lines, at, depth) {
  if (!/^ {0,3}>/.test(lines[at])) return null;
  let end = at;
  while (end < lines.length && /^ {0,3}>/.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(/^ {0,3}> ?/, "")).join("\n");
  return [{ kind: "quote", blocks: blocks(inner, depth + 1) }, end];
}

const ITEM = /^( *)(?:([-*+])|(\d{1,9})[.)])(?: +|$)/;

function listed(lines, at, depth) {
  const first = ITEM.exec(lines[at]);
  if (!first || first[1].length > 3) return null;
  const isSame = (item) => item && item[1].length <= 3 && Boolean(item[2]) === Boolean(first[2]);
  const items = [];
  let end = at;
  while (end < lines.length && isSame(ITEM.exec(lines[end]))) {
    const mark = ITEM.exec(lines[end]);
    const width = Math.min(mark[0].length, mark[1].length + 4) || 2;
    const body = [lines[end].slice(mark[0].length)];
    end += 1;
    while (end < lines.length && belongs(lines, end, width)) {
      body.push(lines[end].startsWith(" ".repeat(width)) ? lines[end].slice(width) : lines[end].trimStart());
      end += 1;
    }
    items.push(blocks(body.join("\n"), depth + 1));
    const next = afterBlanks(lines, end);
    if (next < lines.length && isSame(ITEM.exec(lines[next]))) end = next;
  }
  return [{ kind: "list", start: first[2] ? null : Number(first[3]), items }, end];
}

/** Whether a line goes on with an item: indented, or blank before an indented one, or plain text right below text. */
function belongs(lines, at, width) {
  const line = lines[at];
  if (line.trim()) {
    const indent = line.length - line.trimStart().length;
    return indent >= Math.min(width, 2) || (Boolean(lines[at - 1].trim()) && !ITEM.test(line) && !begins(line));
  }
  const next = afterBlanks(lines, at);
  return next < lines.length && lines[next].startsWith(" ".repeat(Math.min(width, 2)));
}

function afterBlanks(lines, at) {
  while (at < lines.length && !lines[at].trim()) at += 1;
  return at;
}

/** Whether a line begins something that is not a paragraph. */
function begins(line) {
  return /^ {0,3}(?:#{1,6}\s|>|`{3}|~{3})/.test(line);
}

function tabled(lines, at) {
  const rule = lines[at + 1] ?? "";
  if (!lines[at].includes("|") || !rule.includes("-") || !/^[ |:-]+$/.test(rule)) return null;
  const aligns = cells(rule).map(alignment);
  const head = cells(lines[at]);
  if (head.length !== aligns.length) return null;
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const rows = lines.slice(at + 2, end).map((line) => aligns.map((_, column) => spans(cells(line)[column] ?? "")));
  return [{ kind: "table", aligns, head: head.map((cell) => spans(cell)), rows }, end];
}

function alignment(cell) {
  if (!cell.endsWith(":")) return cell.startsWith(":") ? "left" : "";
  return cell.startsWith(":") ? "center" : "right";
}

function cells(line) {
  return line.trim().replace(/^\||(?<!\\)\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function paragraph(lines, at) {
  let end = at + 1;
  while (end < lines.length && lines[end].trim() && !begins(lines[end]) && !ITEM.test(lines[end])) end += 1;
  return [{ kind: "paragraph", spans: spans(lines.slice(at, end).map((line) => line.trim()).join("\n")) }, end];
}

/**
 * Cuts text into spans: {kind: "text", text} · {kind: "code", text} · {kind: "break"} ·
 * {kind: "strong" | "em" | "del", spans} · {kind: "link", to, spans}. A link leads to the web or to a mailbox.
 */
export function spans(text, depth = 0) {
  const found = [];
  let plain = "";
  const add = (span) => {
    if (plain) found.push({ kind: "text", text: plain });
    plain = "";
    found.push(span);
  };
  let at = 0;
  while (at < text.length) {
    const [span, next] = (depth < DEEPEST && spanAt(text, at, depth)) || [null, at + 1];
    if (span) add(span);
    else plain += text[at] === "\\" && /[\\`*_{}[\]()#+.!|~>-]/.test(text[at + 1] ?? "") ? text[(at += 1)] : text[at];
    at = span ? next : at + 1;
  }
  if (plain) found.push({ kind: "text", text: plain });
  return found;
}

function spanAt(text, at, depth) {
  switch (text[at]) {
    case "\n": return [{ kind: "break" }, at + 1];
    case "`": return codeAt(text, at);
    case "!":
    case "[": return linkAt(text, at, depth);
    case "<":
    case "h": return addressAt(text, at);
    case "*":
    case "_":
    case "~": return emphasisAt(text, at, depth);
    default: return null;
  }
}

function codeAt(text, at) {
  const fence = /^`+/.exec(text.slice(at, at + 20))[0];
  const end = find(text, fence, at + fence.length);
  if (end < 0 || text[end + fence.length] === "`") return null;
  const inner = text.slice(at + fence.length, end).replaceAll("\n", " ");
  return [{ kind: "code", text: inner.length > 2 ? inner.replace(/^ (.*) $/, "$1") : inner }, end + fence.length];
}

/** A link; a picture becomes one too, for nothing is fetched from elsewhere. */
function linkAt(text, at, depth) {
  const start = text[at] === "!" ? at + 1 : at;
  if (text[start] !== "[") return null;
  const middle = find(text, "](", start);
  if (middle < 0) return null;
  const found = /^\]\(\s*<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?:\s+["'(][^"')]*["')])?\s*\)/.exec(text.slice(middle, middle + WINDOW));
  if (!found || !SAFE.test(found[1])) return null;
  const inner = text.slice(start + 1, middle);
  return [{ kind: "link", to: found[1], spans: inner ? spans(inner, depth + 1) : [{ kind: "text", text: found[1] }] }, middle + found[0].length];
}

function addressAt(text, at) {
  if (text[at] === "h" && (!text.startsWith("http", at) || /\w/.test(text[at - 1] ?? ""))) return null;
  const found = /^<?((?:https?:\/\/|mailto:)[^\s<>]+?)(?:>|(?=[.,;:!?)\]'"*_]*(?:[\s<]|$)))/.exec(text.slice(at, at + WINDOW));
  return found && [{ kind: "link", to: found[1], spans: [{ kind: "text", text: found[1] }] }, at + found[0].length];
}

const EMPHASIS = [["***", "strong"], ["**", "strong"], ["__", "strong"], ["~~", "del"], ["*", "em"], ["_", "em"]];

function emphasisAt(text, at, depth) {
  for (const [mark, kind] of EMPHASIS) {
    if (!text.startsWith(mark, at)) continue;
    const from = at + mark.length;
    if (/\s|^$/.test(text[from] ?? "") || (mark[0] === "_" && /\w/.test(text[at - 1] ?? ""))) return null;
    const end = closing(text, mark, from);
    if (end < 0) continue;
    return [{ kind, spans: spans(text.slice(from, end), depth + 1) }, end + mark.length];
  }
  return null;
}

function closing(text, mark, from) {
  let end = find(text, mark, from);
  for (let tries = 0; end >= 0 && tries < MOST_TRIES; end = find(text, mark, end + 1), tries += 1) {
    const isInside = /\s/.test(text[end - 1]) || (mark.length === 1 && (text[end + 1] === mark || text[end - 1] === mark));
    const isInWord = mark[0] === "_" && /\w/.test(text[end + mark.length] ?? "");
    if (!isInside && !isInWord && end > from) return end;
  }
  return -1;
}

function find(text, mark, from) {
  const found = text.slice(from, from + WINDOW).indexOf(mark);
  return found < 0 ? -1 : from + found;
}

const TOKENS = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[^]*?\*\/|(?<![\w$&])#[^\n]*|--[ ][^\n]*)`,
    String.raw`(?<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|` + "`(?:\\\\.|[^`\\\\])*`)",
    String.raw`(?<number>\b\d[\w.]*)`,
    String.raw`(?<word>\b(?:abstract|and|as|async|await|begin|break|case|catch|class|const|continue|def|default|del|delete|do|done|elif|else|end|enum|esac|except|export|extends|false|finally|fn|for|from|func|function|global|go|if|impl|implements|import|in|interface|is|lambda|let|match|mod|mut|namespace|new|nil|None|not|null|or|package|pass|private|protected|public|pub|raise|return|select|self|SELECT|FROM|WHERE|JOIN|GROUP|ORDER|BY|INSERT|UPDATE|static|struct|super|switch|then|this|throw|true|True|False|try|type|typeof|use|using|var|void|when|where|while|with|yield)\b)`,
  ].join("|"),
  "g",
);
const LONGEST_COLOURED = 20000;

/** Cuts code into parts, {kind: "" | "comment" | "string" | "number" | "word", text}, whatever its language. */
export function coloured(code) {
  if (code.length > LONGEST_COLOURED) return [{ kind: "", text: code }];
  const found = [];
  let rest = 0;
  for (const match of code.matchAll(TOKENS)) {
    if (match.index > rest) found.push({ kind: "", text: code.slice(rest, match.index) });
    const [kind] = Object.entries(match.groups).find(([, text]) => text !== undefined);
    found.push({ kind, text: match[0] });
    rest = match.index + match[0].length;
  }
  if (rest < code.length) found.push({ kind: "", text: code.slice(rest) });
  return found;
}
