// Scrubbing through a path that is already decoded: no server is asked while the hand moves.
// The map hears of every step through the window event "latent-path".

import { make } from "./legend.js";
import { mounting } from "./mounting.js";
import { showChanged } from "./words.js";

const PLAY_MS = 700;

class PathSlider {
  constructor(parent) {
    this.root = make("div", "path-slider");
    this.sentence = make("p", "sentence");
    this.sentence.dataset.testid = "path-sentence";
    this.sentence.dir = "auto";
    this.play = make("button", "play");
    this.play.type = "button";
    this.input = make("input");
    this.input.type = "range";
    this.input.dataset.testid = "path-slider";
    this.input.setAttribute("aria-label", "Position on the path");
    this.step = make("span", "step");
    const row = make("div", "row");
    row.append(this.play, this.input, this.step);
    this.ends = [make("span", "end"), make("span", "end right")];
    const ends = make("div", "ends");
    ends.append(...this.ends);
    this.root.append(this.sentence, row, ends);
    parent.append(this.root);
    this.input.addEventListener("input", () => {
      this.pause();
      this.show();
    });
    this.input.addEventListener("change", () => this.commit());
    this.play.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
    this.pause();
  }

  update({ data, setStateValue }) {
    this.setState = setStateValue;
    const before = this.data;
    this.data = data;
    this.input.max = String(Math.max(data.sentences.length - 1, 0));
    this.input.step = "1";
    const isNew = before?.version !== data.version;
    if (isNew) {
      this.pause();
      this.sent = data.heard;
    }
    // Before the server has heard of the last move, its position is older than the hand's.
    const isAnswer = data.heard === this.sent && data.position !== this.committed;
    if (isNew || isAnswer) {
      this.input.value = String(data.position);
      this.committed = data.position;
    }
    data.ends.forEach((name, k) => {
      this.ends[k].textContent = name;
      this.ends[k].title = name;
    });
    this.root.hidden = data.sentences.length === 0;
    this.show();
  }

  get position() {
    return Number(this.input.value);
  }

  show() {
    const { sentences, path, names, against } = this.data;
    const now = sentences[this.position] ?? "";
    const before = against ?? (this.position > 0 ? sentences[this.position - 1] : now);
    showChanged(this.sentence, before, now);
    this.step.textContent = names[this.position] ?? `${this.position + 1} of ${sentences.length}`;
    const share = (100 * this.position) / Math.max(sentences.length - 1, 1);
    this.input.style.setProperty("--share", `${share}%`);
    this.input.setAttribute("aria-valuetext", `${this.step.textContent}: ${now}`);
    const detail = { id: path, position: this.position };
    window.dispatchEvent(new CustomEvent("latent-path", { detail }));
  }

  commit() {
    if (this.committed === this.position) return;
    this.committed = this.position;
    this.sent = Date.now();
    const { version } = this.data;
    this.setState("position", { at: this.position, version, serial: this.sent });
  }

  start() {
    const last = this.data.sentences.length - 1;
    if (this.position >= last) {
      this.input.value = "0";
      this.show();
    }
    this.label("Pause", "❚❚");
    this.timer = setInterval(() => {
      this.input.value = String(this.position + 1);
      this.show();
      if (this.position >= last) this.stop();
    }, PLAY_MS);
  }

  stop() {
    this.pause();
    this.commit();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.label("Play", "▶");
  }

  label(name, sign) {
    this.play.textContent = sign;
    this.play.title = name;
    this.play.setAttribute("aria-label", `${name} the path`);
  }

  destroy() {
    clearInterval(this.timer);
    this.root.remove();
  }
}

export const mount = mounting(PathSlider);
