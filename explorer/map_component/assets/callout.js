// A small box of words beside a position of the map: the tooltip, and the answer pinned to a pick.
// All of it is set by textContent: a sentence is data, whatever it contains.

import { make } from "./legend.js";

const FAINTEST = 0.55; // of words far from every sentence; the note is never faded

export class Callout {
  constructor(element) {
    this.element = element;
    this.text = make("span", "tip-text");
    this.second = make("span", "tip-text tip-second");
    this.note = make("span", "tip-note");
    element.replaceChildren(this.text, this.second, this.note);
    this.hide();
  }

  /** @param {{text: string, second?: string, note?: string, opacity?: number}} words */
  set({ text, second = "", note = "", opacity = 1 }) {
    this.text.textContent = text;
    this.second.textContent = second;
    this.note.textContent = note;
    this.text.style.opacity = String(Math.max(opacity, FAINTEST));
    this.element.hidden = false;
  }

  /** Beside (left, top), inside a box of `width` × `height`. */
  put(left, top, width, height) {
    const { offsetWidth: wide, offsetHeight: high } = this.element;
    const x = left + 14 + wide > width ? left - 14 - wide : left + 14;
    const y = top + 14 + high > height ? top - 10 - high : top + 14;
    this.box = { left: Math.max(x, 4), top: Math.max(y, 4), width: wide, height: high };
    this.element.style.transform = `translate(${this.box.left}px, ${this.box.top}px)`;
  }

  /** Its sentences, a line each. */
  get words() {
    return [this.text, this.second].map(({ textContent }) => textContent).filter(Boolean).join("\n");
  }

  hide() {
    this.box = null;
    this.element.hidden = true;
  }

  get isShown() {
    return !this.element.hidden;
  }
}
