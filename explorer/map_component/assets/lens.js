// What the model decodes under the pointer, asked for while the pointer moves. One question is out
// at a time; of those that come meanwhile only the last is asked, so no answer is late for long.

import { ask } from "./ask.js";

const PIXELS = 5; // a cell: positions within it share an answer
const MAX_ANSWERS = 5000;
const SLOW_MS = 250;
const RETRY_MS = 3000;

export class Lens {
  /** `changed` is called when an answer came, or is slow to come. */
  constructor(changed) {
    this.changed = changed;
    this.url = "";
    this.answers = new Map();
    this.times = []; // milliseconds from question to answer, the last hundred
    this.count = 0; // of all answers
  }

  get isOn() {
    return this.url !== "";
  }

  /** The address of decoded sentences, without a position; empty for no lens. */
  setUrl(url) {
    if (url === this.url) return;
    this.stop();
    this.url = url;
    this.answers.clear();
    this.failedAt = -Infinity;
  }

  /** The answer for a position in pixels, or null while it is asked for. */
  at(view, left, top) {
    const cell = cellAt(view, left, top);
    const known = this.answers.get(cell.key);
    this.wanted = known ? null : cell;
    this.ask();
    return known ?? null;
  }

  /** Whether the answer on its way takes longer than a glance. */
  get isSlow() {
    return Boolean(this.request) && performance.now() - this.askedAt > SLOW_MS;
  }

  async ask() {
    if (!this.isOn || this.request || !this.wanted) return;
    if (performance.now() - this.failedAt < RETRY_MS) return;
    const cell = this.wanted;
    this.wanted = null;
    const request = new AbortController();
    this.request = request;
    this.askedAt = performance.now();
    const slow = setTimeout(this.changed, SLOW_MS + 10);
    try {
      const answer = await this.fetch(cell, request.signal);
      if (this.request !== request) return;
      this.keep(cell.key, answer);
      this.count += 1;
      this.times = [...this.times.slice(-99), performance.now() - this.askedAt];
    } catch (error) {
      if (this.request !== request) return;
      console.warn(`The lens could not decode this position: ${error.message}`);
      this.failedAt = performance.now();
    } finally {
      clearTimeout(slow);
    }
    this.request = null;
    this.changed();
    this.ask();
  }

  async fetch({ x, y }, signal) {
    const url = new URL(this.url, window.location.origin);
    url.searchParams.set("at", `${x},${y}`);
    const response = await ask(url, { signal });
    if (!response.ok) throw new Error(`${response.status} from ${url.pathname}`);
    return (await response.json())[0];
  }

  keep(key, answer) {
    if (this.answers.size >= MAX_ANSWERS) this.answers.delete(this.answers.keys().next().value);
    this.answers.set(key, answer);
  }

  stop() {
    this.request?.abort();
    this.request = null;
    this.wanted = null;
  }
}

/** The cell of a position: fixed to the map, about as wide as `PIXELS` at this zoom. */
export function cellAt(view, left, top) {
  const wide = 2 ** Math.floor(Math.log2(PIXELS / view.scale));
  const [x, y] = view.toData(left, top).map((value) => Math.round(value / wide));
  return { key: `${wide}|${x}|${y}`, x: x * wide, y: y * wide };
}

/** How far an answer is from the corpus, in words. */
function distanceNote({ distance }) {
  return `decoded here · nearest sentence ${distance.toFixed(1)}× the typical distance`;
}

/** An answer as the words of a callout. */
export function decodedWords(answer) {
  return { text: answer.text, note: distanceNote(answer), opacity: answer.opacity };
}
