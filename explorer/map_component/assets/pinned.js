// The pinned sentence: its text, and its reconstruction at the current time. All of it is set by
// textContent: a sentence is data, whatever it contains.

import { make } from "./legend.js";
import { showChanged } from "./words.js";

export class Pinned {
  /** @param {() => void} onUnpin */
  constructor(onUnpin) {
    this.root = make("section", "pinned");
    this.root.dataset.testid = "playback-pinned";
    this.root.setAttribute("aria-label", "The pinned sentence");
    const head = make("div", "pinned-head");
    this.text = make("p", "pinned-text");
    this.text.dir = "auto";
    const close = make("button", "plain", "Unpin");
    close.type = "button";
    close.addEventListener("click", onUnpin);
    head.append(this.text, close);
    this.note = make("p", "pinned-note");
    this.when = make("p", "pinned-when");
    this.words = make("p", "pinned-words");
    this.words.dir = "auto";
    this.words.dataset.testid = "playback-words";
    this.root.append(head, this.note, this.when, this.words);
    this.clear();
  }

  clear() {
    this.root.hidden = true;
    this.reconstructions = null;
    this.shown = -1;
  }

  /** @param {{text: string, note: string, reconstructions: string[] | null}} found */
  set(found, missing) {
    this.root.hidden = false;
    this.shown = -1;
    this.reconstructions = found.reconstructions;
    this.text.textContent = found.text;
    this.note.textContent = found.note;
    this.when.textContent = this.reconstructions ? "" : missing;
    this.words.replaceChildren();
  }

  /** Show the words of a snapshot, those that are new since the one before emphasised. */
  at(snapshot, when) {
    if (!this.reconstructions || snapshot === this.shown) return;
    this.shown = snapshot;
    const now = this.reconstructions[snapshot];
    const before = snapshot > 0 ? this.reconstructions[snapshot - 1] : now;
    this.when.textContent = when;
    showChanged(this.words, before, now);
    if (!now.trim()) this.words.append(make("span", "nothing", "no words"));
  }
}
