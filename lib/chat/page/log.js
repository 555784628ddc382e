// The conversation on the page.

import { chips } from "./attachments.js";
import { Drawing, copier, make } from "./drawing.js";
import { t } from "./texts.js";
import { bill } from "./words.js";

const NEAR_THE_END = 80;

export class Log {
  #element;
  #welcome;
  #scrolls = true;

  constructor(element, welcome) {
    this.#element = element;
    this.#welcome = welcome;
    element.addEventListener("scroll", () => {
      this.#scrolls = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_THE_END;
    });
    new ResizeObserver(() => this.scroll()).observe(element); // a hint below it, or a keyboard, takes some of its height
  }

  get isEmpty() {
    return this.#element.childElementCount <= 1;
  }

  clear() {
    this.#element.replaceChildren(this.#welcome);
    this.#welcome.hidden = false;
  }

  /** Shows a question, and returns it. */
  ask(text, files = []) {
    const question = new Question(text, files);
    this.#add(question.element);
    this.#scrolls = true;
    this.scroll();
    return question;
  }

  /** Begins an answer, and returns it to be filled. */
  answer() {
    const answer = new Answer(() => this.scroll());
    this.#add(answer.element);
    this.scroll();
    return answer;
  }

  /** Shows a sentence that belongs to no answer. */
  note(kind, sentence) {
    this.#add(make("p", kind, { textContent: sentence, dir: "auto" }));
    this.scroll();
  }

  scroll() {
    if (this.#scrolls) this.#element.scrollTop = this.#element.scrollHeight;
  }

  #add(element) {
    this.#welcome.hidden = true;
    this.#element.append(element);
  }
}

class Turn {
  foot = make("div", "foot");
  said = make("div", "said");

  constructor(kind, name) {
    this.element = make("article", `turn ${kind}`, {}, make("h2", "", { textContent: name }), this.said, this.foot);
    this.element.setAttribute("aria-label", name);
  }

  /** Adds a button below. */
  offer(name, act) {
    const button = make("button", "", { type: "button", textContent: name });
    button.addEventListener("click", () => act(button));
    this.foot.append(button);
    return button;
  }

  remove() {
    this.element.remove();
  }
}

export class Question extends Turn {
  constructor(text, files) {
    super("asked", t.you);
    this.text = text;
    this.files = files;
    this.said.dir = "auto";
    this.said.textContent = text;
    this.said.hidden = !text;
    if (files.length) this.said.before(chips(files));
  }
}

export class Answer extends Turn {
  text = "";
  #drawing;
  #changed;
  #frame = 0;

  constructor(changed) {
    super("answer", t.answer);
    this.#changed = changed;
    this.#drawing = new Drawing(this.said);
    this.element.setAttribute("aria-busy", "true");
  }

  /** Adds a piece; many that come at once are drawn at once. */
  add(piece) {
    this.text += piece;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawing.draw(this.text);
      this.#changed();
    });
  }

  /** Ends the answer with what it was, and what there is to say about it. */
  end({ text = this.text, remark = "", fault = "", usage = null, cost = null }) {
    cancelAnimationFrame(this.#frame);
    this.text = text;
    this.element.setAttribute("aria-busy", "false");
    this.#drawing.draw(text);
    this.said.hidden = !text;
    for (const [kind, sentence] of [["remark", remark], ["fault", fault]]) {
      if (sentence) this.foot.before(make("p", kind, { textContent: sentence, dir: "auto" }));
    }
    const paid = bill(usage, cost);
    if (paid) this.foot.append(make("span", "bill", { textContent: paid }));
    if (text && navigator.clipboard) this.foot.append(copier(t.copy, () => this.text));
    this.#changed();
  }
}
