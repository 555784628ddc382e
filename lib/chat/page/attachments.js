// Pictures and files that go along with the next question: chosen, dropped or pasted, shown, and taken away again.

import { make } from "./drawing.js";
import { t } from "./texts.js";

/** What is chosen so far: {name, type, size, data}; `data` is base64. `changed` is called after each change. */
export class Tray {
  items = [];
  rules = null; // {types, most, mostBytes}, null where nothing can go along
  #element;
  #changed;
  #reading = 0;

  constructor(element, changed) {
    this.#element = element;
    this.#changed = changed;
  }

  /** Whether files are still being read. */
  get isReading() {
    return this.#reading > 0;
  }

  set(items) {
    this.items = items;
    this.#draw();
  }

  /** Takes what it can of these files, and returns why not the rest; "" if all. */
  async add(files) {
    this.#reading += 1;
    let fault = "";
    try {
      for (const file of files) {
        const refusal = this.#refuse(file);
        if (refusal) fault = refusal;
        else this.items.push({ name: file.name, type: file.type, size: file.size, data: await toBase64(file) });
      }
    } catch {
      fault = t.unreadable;
    } finally {
      this.#reading -= 1;
    }
    this.#draw();
    return fault;
  }

  #refuse(file) {
    if (!this.rules) return t.attachmentsOff;
    if (!this.rules.types.includes(file.type)) return t.wrongKind(file.name, this.rules.types.map(shortType).join(", "));
    if (this.items.length >= this.rules.most) return t.tooManyFiles(this.rules.most);
    const total = this.items.reduce((sum, { size }) => sum + size, file.size);
    return total > this.rules.mostBytes ? t.tooLarge(file.name, sizeOf(this.rules.mostBytes)) : "";
  }

  #draw() {
    this.#element.replaceChildren(
      ...this.items.map((item) => {
        const chip = chipOf(item);
        const button = make("button", "", { type: "button", textContent: "×", ariaLabel: `${t.removeFile}: ${item.name}` });
        button.addEventListener("click", () => {
          const at = this.items.indexOf(item);
          this.set(this.items.filter((other) => other !== item));
          const buttons = this.#element.querySelectorAll("button");
          (buttons[Math.min(at, buttons.length - 1)] ?? document.getElementById("question")).focus();
        });
        chip.append(button);
        return chip;
      }),
    );
    this.#element.hidden = !this.items.length;
    this.#changed();
  }
}

/** A list of what went along with a question. */
export function chips(items) {
  const list = make("ul", "chips", {}, ...items.map(chipOf));
  list.setAttribute("aria-label", t.attachments);
  return list;
}

function chipOf({ name, type, size, data, kept }) {
  const isShown = data && type.startsWith("image/");
  const sign = isShown
    ? make("img", "", { src: `data:${type};base64,${data}`, alt: "" })
    : make("span", "kind", { textContent: shortType(type) });
  if (!isShown) sign.setAttribute("aria-hidden", "true");
  const title = make("span", "name", { textContent: name, dir: "auto", title: name });
  const note = make("span", "size", { textContent: kept === false ? t.notKept : sizeOf(size) });
  return make("li", "file", {}, sign, title, note);
}

function shortType(type) {
  return type.split("/")[1].toUpperCase();
}

export function sizeOf(bytes) {
  const number = (value, unit) => `${value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${unit}`;
  return bytes < 1048576 ? number(Math.max(1, Math.round(bytes / 1024)), "KiB") : number(bytes / 1048576, "MiB");
}

function toBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(file);
  });
}
