// Markdown on the page. Text is always set as text, never as HTML.

import { blocks, coloured } from "./markdown.js";
import { t } from "./texts.js";

/** Draws a text into an element, and again as it grows: what has not changed stays as it is, selection and all. */
export class Drawing {
  #element;
  #drawn = []; // the source of each child

  constructor(element) {
    this.#element = element;
  }

  draw(text) {
    const found = blocks(text);
    let same = 0;
    while (same < found.length && found[same].source === this.#drawn[same]) same += 1;
    while (this.#element.children.length > same) this.#element.lastElementChild.remove();
    this.#element.append(...found.slice(same).map(block));
    this.#drawn = found.map(({ source }) => source);
  }
}

const makers = {
  heading: ({ level, spans }) => filled(`h${Math.min(level + 2, 6)}`, spans.map(span)), // h2 is whose turn it is
  paragraph: ({ spans }) => filled("p", spans.map(span)),
  code,
  list,
  quote: (quote) => filled("blockquote", quote.blocks.map(block)),
  table,
  rule: () => make("hr"),
};

function block(one) {
  const element = makers[one.kind](one);
  if (one.kind !== "code") element.dir = "auto";
  return element;
}

function span(one) {
  if (one.kind === "text") return one.text;
  if (one.kind === "break") return make("br");
  if (one.kind === "code") return filled("code", [one.text]);
  const element = filled(one.kind === "link" ? "a" : one.kind, one.spans.map(span));
  if (one.kind === "link") Object.assign(element, { href: one.to, target: "_blank", rel: "noopener noreferrer" });
  return element;
}

function list({ start, items }) {
  const element = filled(start === null ? "ul" : "ol", items.map(item));
  if (start !== null && start !== 1) element.start = start;
  return element;
}

/** An item of one paragraph is drawn without its paragraph. */
function item(found) {
  const [first, ...rest] = found;
  const begin = first?.kind === "paragraph" ? first.spans.map(span) : first ? [block(first)] : [];
  const element = filled("li", [...begin, ...rest.map(block)]);
  element.dir = "auto";
  return element;
}

function code({ language, text }) {
  const element = make("figure", "code");
  const bar = filled("figcaption", [filled("span", [language])]);
  if (navigator.clipboard) bar.append(copier(t.copyCode, () => text));
  const shown = filled("pre", [filled("code", coloured(text).map(({ kind, text: part }) => (kind ? Object.assign(filled("span", [part]), { className: kind }) : part)))]);
  shown.tabIndex = 0; // it may scroll sideways
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", language ? `${t.code}, ${language}` : t.code);
  element.append(bar, shown);
  return element;
}

function table({ aligns, head, rows }) {
  const row = (name, cells) => filled("tr", cells.map((spans, column) => cell(name, spans, aligns[column])));
  const body = filled("tbody", rows.map((cells) => row("td", cells)));
  const frame = filled("div", [filled("table", [filled("thead", [row("th", head)]), body])]);
  frame.className = "table";
  frame.tabIndex = 0; // it may scroll sideways
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", t.table);
  return frame;
}

function cell(name, spans, align) {
  const element = filled(name, spans.map(span));
  if (align) element.style.textAlign = align;
  return element;
}

/** A button that copies, and says so for a moment. */
export function copier(name, text) {
  const button = Object.assign(make("button"), { type: "button", textContent: name });
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
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

function filled(name, children) {
  const element = make(name);
  element.append(...children);
  return element;
}
