// The words under the pointer: of a sentence, fetched on demand and cached, or those the lens read.

import { ask } from "./ask.js";
import { Callout } from "./callout.js";

const MAX_SENTENCES = 600;
const PAUSE_MS = 35;

export class Sentences {
  constructor() {
    this.url = "";
    this.answers = new Map();
  }

  setUrl(url) {
    if (url === this.url) return;
    this.url = url;
    this.answers.clear();
  }

  /** @returns {Promise<{text: string, second?: string, note?: string} | null>} */
  get(index) {
    if (!this.url) return Promise.resolve(null);
    if (!this.answers.has(index)) {
      if (this.answers.size >= MAX_SENTENCES) this.answers.delete(this.answers.keys().next().value);
      const url = new URL(this.url, window.location.origin);
      url.searchParams.set("i", String(index));
      const answer = ask(url)
        .then((response) => (response.ok ? response.json() : null))
        .catch(() => null);
      this.answers.set(index, answer);
      answer.then((found) => found ?? this.answers.delete(index));
    }
    return this.answers.get(index);
  }
}

export class Tooltip {
  constructor(element, sentences) {
    this.callout = new Callout(element);
    this.sentences = sentences;
    this.index = -1;
  }

  /** Show the sentence of a point beside (left, top), inside a box of `width` × `height`. */
  show(index, ...where) {
    this.where = where;
    if (index === this.index) {
      if (this.callout.isShown) this.callout.put(...where);
      return;
    }
    this.hide();
    this.index = index;
    this.timer = setTimeout(async () => {
      const found = await this.sentences.get(index);
      if (!found || this.index !== index) return;
      this.callout.set(found);
      this.callout.put(...this.where);
    }, PAUSE_MS);
  }

  /** Show words that are known already; without any, those that are shown come along. */
  say(words, ...where) {
    if (this.index >= 0) this.hide();
    if (words) this.callout.set(words);
    if (this.callout.isShown) this.callout.put(...where);
  }

  hide() {
    clearTimeout(this.timer);
    this.index = -1;
    this.callout.hide();
  }
}
