// The trail of a pinned sentence: a line through its positions, faint in the future.

import { drawSelected } from "./overlay.js";

export function drawTrail(pen, { view, theme }, places, position) {
  const at = places.map(([x, y]) => view.toScreen(x, y));
  const done = Math.min(Math.floor(position), at.length - 1);
  const share = position - done;
  const next = at[Math.min(done + 1, at.length - 1)];
  const now = [0, 1].map((axis) => at[done][axis] + (next[axis] - at[done][axis]) * share);
  pen.lineCap = "round";
  pen.lineJoin = "round";
  line(pen, [now, ...at.slice(done + 1)], theme.primary, 1.2, 0.45, [2, 5]);
  line(pen, [...at.slice(0, done + 1), now], theme.background, 5, 0.8);
  line(pen, [...at.slice(0, done + 1), now], theme.primary, 2.2, 1);
  for (const [left, top] of at.slice(0, done + 1)) {
    pen.beginPath();
    pen.arc(left, top, 2.4, 0, 2 * Math.PI);
    pen.fillStyle = theme.background;
    pen.fill();
    pen.lineWidth = 1.4;
    pen.strokeStyle = theme.primary;
    pen.stroke();
  }
  const [x, y] = view.toData(...now);
  drawSelected(pen, { view, theme, selected: { x, y, kind: "point" } });
}

function line(pen, places, colour, width, alpha, dashes = []) {
  pen.beginPath();
  places.forEach((place, k) => (k ? pen.lineTo(...place) : pen.moveTo(...place)));
  pen.setLineDash(dashes);
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}
