// Lines of equal density of the points: how crowded the map is where dots cover each other.

import { bounds } from "./grid.js";
import { writeAddress } from "./remember.js";

const CELLS = 128; // along the longer side of the map
const BLUR = 2; // cells: the width of a box filter, which is passed over three times
const PASSES = 3;
const ENCLOSED = [0.9, 0.7, 0.5, 0.25]; // of the points, by each line
const PARAMETER = "contours"; // of the address

/** The button, and the lines while it is pressed; they are in the address. */
export class Contours {
  /** @param {LatentMap} map @param {HTMLButtonElement} button */
  constructor(map, button) {
    Object.assign(this, { map, button, lines: null });
    this.isOn = new URLSearchParams(window.location.search).get(PARAMETER) === "true";
    button.addEventListener("click", () => this.toggle());
    this.update();
  }

  toggle() {
    this.isOn = !this.isOn;
    if (this.map.data?.view_parameter) writeAddress({ [PARAMETER]: this.isOn ? "true" : null });
    this.update();
    this.map.redraw();
  }

  /** Other points, another state: the lines are drawn when they are first seen. */
  update() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
    this.lines = null;
  }

  get shown() {
    const { points } = this.map;
    if (this.isOn && !this.lines && points?.count) this.lines = contoursOf(points.xy);
    return this.isOn ? this.lines : null;
  }
}

/**
 * @param {Float32Array} xy x and y of every point, interleaved
 * @returns {{enclosed: number, lines: Float32Array}[]} pieces of lines, x0 y0 x1 y1 each
 */
export function contoursOf(xy) {
  const { left, right, bottom, top } = bounds(xy);
  const cell = Math.max(right - left, top - bottom, 1e-9) / CELLS;
  const rim = PASSES * BLUR + 1; // so that every line closes
  const [columns, rows] = [right - left, top - bottom].map(
    (side) => Math.ceil(side / cell) + 1 + 2 * rim,
  );
  let density = new Float32Array(columns * rows);
  for (let i = 0; i < xy.length; i += 2) {
    const column = Math.round((xy[i] - left) / cell) + rim;
    density[(Math.round((xy[i + 1] - bottom) / cell) + rim) * columns + column] += 1;
  }
  for (let k = 0; k < PASSES; k++) {
    density = blurred(density, rows, columns, 1, columns);
    density = blurred(density, columns, rows, columns, 1);
  }
  const origin = [left - rim * cell, bottom - rim * cell];
  return limitsOf(density).map((limit, k) => (
    { enclosed: ENCLOSED[k], lines: linesAt(density, columns, rows, limit, cell, origin) }
  ));
}

/** The densities above which these parts of the points lie. */
function limitsOf(density) {
  const sorted = density.filter((value) => value > 0).sort().reverse();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let [sum, at] = [0, 0];
  const limits = [...ENCLOSED].reverse().map((part) => {
    while (at < sorted.length && sum < part * total) sum += sorted[at++];
    return sorted[Math.max(at - 1, 0)] ?? 0;
  });
  return limits.reverse();
}

/** Means over 2 BLUR + 1 neighbours along one axis. */
function blurred(values, outer, inner, step, stride) {
  const result = new Float32Array(values.length);
  for (let o = 0; o < outer; o++) {
    let sum = 0;
    for (let i = -BLUR; i < inner; i++) {
      if (i + BLUR < inner) sum += values[o * stride + (i + BLUR) * step];
      if (i - BLUR > 0) sum -= values[o * stride + (i - BLUR - 1) * step];
      if (i >= 0) result[o * stride + i * step] = sum / (2 * BLUR + 1);
    }
  }
  return result;
}

/** Marching squares: a piece of line through each cell whose corners lie on both sides. */
function linesAt(values, columns, rows, limit, cell, [left, bottom]) {
  const lines = [];
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const at = row * columns + column;
      const corners = [values[at], values[at + 1], values[at + columns + 1], values[at + columns]];
      const crossings = crossingsOf(corners.map((value) => value - limit));
      for (const [x, y] of crossings) lines.push(left + (column + x) * cell, bottom + (row + y) * cell);
    }
  }
  return new Float32Array(lines);
}

const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];

/** Where lines cross the sides of a unit square, two by two: none, two or four points. */
function crossingsOf(corners) {
  const crossings = [];
  corners.forEach((here, k) => {
    const there = corners[(k + 1) % 4];
    if (here < 0 === there < 0) return;
    const part = here / (here - there);
    const [[x0, y0], [x1, y1]] = [CORNERS[k], CORNERS[(k + 1) % 4]];
    crossings.push([x0 + (x1 - x0) * part, y0 + (y1 - y0) * part]);
  });
  return crossings;
}

export function drawContours(pen, { view, theme, contours }) {
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1;
  pen.lineCap = "round";
  for (const { enclosed, lines } of contours) {
    pen.globalAlpha = 0.55 - 0.35 * enclosed;
    pen.beginPath();
    for (let i = 0; i < lines.length; i += 4) {
      pen.moveTo(...view.toScreen(lines[i], lines[i + 1]));
      pen.lineTo(...view.toScreen(lines[i + 2], lines[i + 3]));
    }
    pen.stroke();
  }
  pen.globalAlpha = 1;
}
