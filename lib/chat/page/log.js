// The conversation on the page. Text is always set as text, never as HTML.

import { Drawing, copier, make } from "./drawing.js";
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
  }

  clear() {
    this.#element.replaceChildren(this.#welcome);
    this.#welcome.hidden = false;
  }

  ask(text) {
    const said = make("div", "said");
    said.textContent = text;
    said.dir = "auto";
    this.#add(turn("asked", "You", said));
    this.#scrolls = true;
    this.scroll();
  }

  /** Begins an answer, and gives it to be filled. */
  answer() {
    const answer = new Answer(() => this.scroll());
    this.#add(answer.element);
    this.scroll();
    return answer;
  }

  /** Shows a sentence that belongs to no answer. */
  fault(sentence) {
    const element = make("p", "fault");
    element.textContent = sentence;
    this.#add(element);
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

export class Answer {
  text = "";
  #said = make("div", "said");
  #drawing = new Drawing(this.#said);
  #foot = make("div", "foot");
  #changed;
  #frame = 0;

  constructor(changed) {
    this.#changed = changed;
    this.element = turn("answer", "Answer", this.#said);
    this.element.setAttribute("aria-busy", "true");
    this.element.append(this.#foot);
    this.#draw();
  }

  /** Adds a piece; many that come at once are drawn at once. */
  add(piece) {
    this.text += piece;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      this.#changed();
    });
  }

  /** Ends the answer with what it was, and what there is to say about it. */
  end({ text = this.text, remark = "", fault = "", usage = null, cost = null }) {
    cancelAnimationFrame(this.#frame);
    this.text = text;
    this.element.setAttribute("aria-busy", "false");
    this.#draw();
    this.#said.hidden = !this.text;
    for (const [kind, sentence] of [["remark", remark], ["fault", fault]]) {
      if (!sentence) continue;
      const element = make("p", kind);
      element.textContent = sentence;
      this.#foot.before(element);
    }
    const paid = bill(usage, cost);
    if (paid) this.#foot.append(Object.assign(make("span", "bill"), { textContent: paid }));
    if (this.text && navigator.clipboard) this.#foot.append(copier("Copy", () => this.text));
    this.#changed();
  }

  /** Adds a button below the answer. */
  offer(name, act) {
    const button = Object.assign(make("button", ""), { type: "button", textContent: name });
    button.addEventListener("click", () => act(button));
    this.#foot.append(button);
    return button;
  }

  #draw() {
    this.#drawing.draw(this.text);
  }
}

function turn(kind, name, said) {
  const element = make("article", `turn ${kind}`);
  const heading = Object.assign(make("h2", ""), { textContent: name });
  element.append(heading, said);
  element.setAttribute("aria-label", name);
  return element;
}
