// Markdown on the page. Text is always set as text, never as HTML.

import { blocks, coloured } from "./markdown.js";
import { t } from "./texts.js";

/**
 * Draws a text into an element, and again as it grows. What has not changed stays as it is, selection and all: a drawing
 * is planned first, {name, attributes, inside}, and only where a plan differs from the one before, elements are touched.
 */
export class Drawing {
  #element;
  #drawn = []; // {source, plan} of each child

  constructor(element) {
    this.#element = element;
  }

  draw(text) {
    const found = blocks(text).map((one, place) => {
      const before = this.#drawn[place];
      return before?.source === one.source ? before : { source: one.source, plan: block(one) };
    });
    updateInside(this.#element, this.#drawn.map(({ plan }) => plan), found.map(({ plan }) => plan));
    this.#drawn = found;
  }
}

// --- from plans to elements ------------------------------------------------------------------------------------------

function updateInside(parent, before, after) {
  const nodes = [...parent.childNodes];
  after.forEach((plan, place) => {
    if (place < before.length) update(nodes[place], before[place], plan);
    else parent.append(build(plan));
  });
  for (const node of nodes.slice(after.length)) node.remove();
}

function update(node, before, after) {
  if (before === after) return;
  if (typeof before === "string" && typeof after === "string") {
    if (after.startsWith(before)) node.appendData(after.slice(before.length));
    else node.data = after;
  } else if (before.name && before.name === after.name && isSame(before.attributes, after.attributes)) {
    updateInside(node, before.inside, after.inside);
  } else {
    node.replaceWith(build(after));
  }
}

function isSame(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function build(plan) {
  if (typeof plan === "string") return document.createTextNode(plan);
  if (plan.name === "copy") return copier(t.copyCode, (button) => button.closest("figure").querySelector("pre").textContent);
  const element = document.createElement(plan.name);
  for (const [name, value] of Object.entries(plan.attributes)) {
    if (name === "align") element.style.textAlign = value; // the page's policy allows no style attribute
    else element.setAttribute(name, value);
  }
  element.append(...plan.inside.map(build));
  return element;
}

// --- from blocks to plans --------------------------------------------------------------------------------------------

function plan(name, attributes, inside = []) {
  return { name, attributes, inside };
}

/** The whole decides on its direction: bullets and bars stand where its text begins. Lines within go by CSS. */
const AUTO = { dir: "auto" };

const plans = {
  heading: ({ level, spans }, dir) => plan(`h${Math.min(level + 2, 6)}`, dir, spans.map(span)), // h2 is whose turn it is
  paragraph: ({ spans }, dir) => plan("p", dir, spans.map(span)),
  code,
  list,
  quote: (quote, dir) => plan("blockquote", dir, quote.blocks.map(inner)),
  table,
  rule: () => plan("hr", {}),
};

function block(one) {
  return plans[one.kind](one, AUTO);
}

/** A block within another, whose direction it has. */
function inner(one) {
  return plans[one.kind](one, {});
}

function span(one) {
  if (one.kind === "text") return one.text;
  if (one.kind === "break") return plan("br", {});
  if (one.kind === "code") return plan("code", {}, [one.text]);
  if (one.kind !== "link") return plan(one.kind, {}, one.spans.map(span));
  return plan("a", { href: one.to, target: "_blank", rel: "noopener noreferrer" }, one.spans.map(span));
}

function list({ start, items }, dir) {
  if (start === null) return plan("ul", dir, items.map(item));
  return plan("ol", start === 1 ? dir : { ...dir, start }, items.map(item));
}

/** An item of one paragraph is drawn without its paragraph. */
function item(found) {
  const [first, ...rest] = found;
  const begin = first?.kind === "paragraph" ? first.spans.map(span) : first ? [inner(first)] : [];
  return plan("li", {}, [...begin, ...rest.map(inner)]);
}

function code({ language, text }) {
  const parts = coloured(text).map(({ kind, text: part }) => (kind ? plan("span", { class: kind }, [part]) : part));
  const bar = [plan("span", {}, [language]), ...(navigator.clipboard ? [plan("copy", {})] : [])];
  const name = language ? `${t.code}, ${language}` : t.code;
  const shown = plan("pre", scrolling(name), [plan("code", {}, parts)]);
  return plan("figure", { class: "code" }, [plan("figcaption", {}, bar), shown]);
}

function table({ aligns, head, rows }, dir) {
  const row = (name, cells) => plan("tr", {}, cells.map((spans, column) => cell(name, spans, aligns[column])));
  const body = plan("tbody", {}, rows.map((cells) => row("td", cells)));
  const drawn = plan("table", {}, [plan("thead", {}, [row("th", head)]), body]);
  return plan("div", { ...dir, class: "table", ...scrolling(t.table) }, [drawn]);
}

function cell(name, spans, align) {
  return plan(name, align ? { align } : {}, spans.map(span));
}

/** What may scroll sideways is reached with the keyboard, and has a name. */
function scrolling(name) {
  return { tabindex: 0, role: "region", "aria-label": name };
}

/** A button that copies, and says so for a moment. */
export function copier(name, text) {
  const button = Object.assign(make("button"), { type: "button", textContent: name });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text(button));
    button.textContent = t.copied;
    setTimeout(() => { button.textContent = name; }, 1500);
  });
  return button;
}

/** Makes an element; `more` are its properties, `inside` what it holds. */
export function make(name, kind = "", more = {}, ...inside) {
  const element = Object.assign(document.createElement(name), more);
  if (kind) element.className = kind;
  element.append(...inside);
  return element;
}
