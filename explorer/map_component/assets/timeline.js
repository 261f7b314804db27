// What the training's figures were at each epoch, one low panel a figure, under one cursor that
// can be dragged.

import { ticks } from "./axes.js";
import { make } from "./legend.js";

const SPACE = "http://www.w3.org/2000/svg";
const HEIGHT = 34;
const INSET = 7; // pixels beside the first and the last epoch: the cursor is never cut off

export class Timeline {
  /** @param {(epoch: number) => void} onSeek */
  constructor(onSeek) {
    this.root = make("div", "timeline");
    this.root.dataset.testid = "playback-timeline";
    this.root.setAttribute("aria-hidden", "true"); // the slider has the same numbers
    this.panels = make("div", "panels");
    this.cursor = make("div", "cursor");
    this.axis = make("div", "axis");
    this.root.append(this.panels, this.axis, this.cursor);
    this.onSeek = onSeek;
    this.listen();
  }

  set(series, epochs) {
    this.series = series;
    this.epochs = epochs;
    const all = [...epochs, ...series.flatMap(({ points }) => points.map(([epoch]) => epoch))];
    this.first = all.reduce((a, b) => Math.min(a, b), Infinity);
    this.until = Math.max(all.reduce((a, b) => Math.max(a, b), -Infinity), this.first + 1e-6);
    this.values = series.map((item) => this.panel(item));
    this.panels.replaceChildren(...this.values.map(({ box }) => box));
    this.draw();
  }

  panel({ name, unit, points }) {
    const box = make("div", "panel");
    const head = make("div", "panel-head");
    const value = make("span", "panel-value");
    const highest = points.reduce((top, [, y]) => Math.max(top, y), 0);
    const range = points.length ? `at most ${short(highest)}` : "not recorded in this training";
    head.append(make("span", "panel-name", unit ? `${name} (${unit})` : name), value,
      make("span", "panel-range", range));
    const svg = document.createElementNS(SPACE, "svg");
    const line = document.createElementNS(SPACE, "polyline");
    svg.append(line);
    if (points.length) box.append(head, svg);
    else box.append(head);
    return { box, value, svg, line, points, highest };
  }

  x(epoch) {
    const share = (epoch - this.first) / (this.until - this.first);
    return INSET + share * (this.width - 2 * INSET);
  }

  draw() {
    this.width = this.root.clientWidth;
    if (!this.values || this.width < 2 * INSET) return;
    for (const { svg, line, points, highest } of this.values) {
      svg.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
      const y = (value) => HEIGHT - 2 - (HEIGHT - 5) * (Math.max(value, 0) / (highest || 1));
      const at = points.map(([epoch, value]) => `${this.x(epoch).toFixed(1)},${y(value).toFixed(1)}`);
      line.setAttribute("points", at.join(" "));
    }
    this.drawAxis();
    this.move(this.epoch ?? this.until);
  }

  drawAxis() {
    const marks = this.epochs.map((epoch) => {
      const mark = make("i", "mark");
      mark.style.left = `${this.x(epoch)}px`;
      return mark;
    });
    const numbers = ticks(this.first, this.until + 1e-6, this.width).map(({ value, text }, k) => {
      const number = make("span", "tick", k ? text : `epoch ${text}`);
      number.style.left = `${this.x(value)}px`;
      return number;
    });
    this.axis.replaceChildren(...marks, ...numbers);
  }

  /** Put the cursor at an epoch and write every figure's value there. */
  move(epoch) {
    this.epoch = epoch;
    if (!this.values || !this.width) return;
    this.cursor.style.transform = `translateX(${this.x(epoch)}px)`;
    for (const { value, points } of this.values) {
      const found = valueAt(points, epoch);
      value.textContent = found === null ? "" : short(found);
    }
  }

  /** The figures at an epoch, in words. */
  described(epoch) {
    const described = this.series.map(({ name, unit, points }) => {
      const found = valueAt(points, epoch);
      return found === null ? "" : `${name} ${short(found)} ${unit}`.trim();
    });
    return described.filter(Boolean).join(", ");
  }

  listen() {
    const seek = (event) => {
      const left = event.clientX - this.root.getBoundingClientRect().left;
      const share = (left - INSET) / Math.max(this.width - 2 * INSET, 1);
      this.onSeek(this.first + Math.min(Math.max(share, 0), 1) * (this.until - this.first));
    };
    this.root.addEventListener("pointerdown", (event) => {
      if (event.button > 0 || !this.values) return;
      this.root.setPointerCapture(event.pointerId);
      this.held = event.pointerId;
      seek(event);
    });
    this.root.addEventListener("pointermove", (event) => {
      if (this.held === event.pointerId) seek(event);
    });
    const release = (event) => {
      if (this.held === event.pointerId) this.held = null;
    };
    this.root.addEventListener("pointerup", release);
    this.root.addEventListener("pointercancel", release);
  }
}

/** Between two reports of a figure, the straight line between them; null outside. */
export function valueAt(points, epoch) {
  const after = points.findIndex(([at]) => at >= epoch);
  if (!points.length || (after < 0 && epoch > points.at(-1)[0] + 1e-6)) return null;
  if (after < 0) return points.at(-1)[1];
  if (after === 0) return points[0][0] - epoch < 1e-6 ? points[0][1] : null;
  const [[from, low], [to, high]] = [points[after - 1], points[after]];
  return low + ((high - low) * (epoch - from)) / Math.max(to - from, 1e-9);
}

export function short(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.001) return value.toExponential(0).replace("-", "−");
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3;
  return value.toFixed(digits).replace("-", "−");
}
