// The list of earlier chats, and the ways to save the one that is open.

import { make } from "./drawing.js";
import { chats } from "./memory.js";
import { t } from "./texts.js";

/** Draws the list; `current` is the open chat, `open` and `remove` are called with a chat's id. */
export function drawList({ list, words, current, open, remove }) {
  const redraw = () => drawList({ list, words, current, open, remove });
  const found = chats.find(words);
  list.replaceChildren(
    ...found.map(({ id, title }) => {
      const go = make("button", "quiet go", { type: "button", textContent: title, dir: "auto" });
      if (id === current) go.setAttribute("aria-current", "true");
      go.addEventListener("click", () => open(id));
      const rename = make("button", "quiet", { type: "button", textContent: "✎", ariaLabel: `${t.rename}: ${title}` });
      rename.addEventListener("click", () => {
        const name = prompt(t.renameTo, title)?.trim();
        if (name) chats.rename(id, name);
        redraw();
      });
      const forget = make("button", "quiet", { type: "button", textContent: "×", ariaLabel: `${t.remove}: ${title}` });
      forget.addEventListener("click", () => {
        if (confirm(t.removeSure)) remove(id);
      });
      return make("li", "", {}, go, rename, forget);
    }),
  );
  if (!found.length) list.append(make("li", "none", { textContent: t.noChats }));
}

/** A conversation as a Markdown text. */
export function toMarkdown(title, messages) {
  const turns = messages.map(({ role, content, attachments = [] }) => {
    const files = attachments.map(({ name }) => `- ${name}\n`).join("");
    return `## ${role === "user" ? t.you : t.answer}\n\n${content}\n${files && `\n${t.attachments}:\n\n${files}`}`;
  });
  return [`# ${title}\n`, ...turns].join("\n");
}

/** Hands a text to the visitor as a file. */
export function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  make("a", "", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
