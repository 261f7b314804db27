// Ticks and grid lines for a view whose axes have a unit.

import { wholes } from "./view.js";

const MOST_TICKS = 200;

/** Round steps (1, 2, 5 × 10^k), about one every 90 pixels. */
export function ticks(low, high, pixels) {
  const rough = (high - low) / Math.max(pixels / 90, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough) ?? 10 * power;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return wholes(low / step, high / step, MOST_TICKS).map((k) => (
    k === 0 ? { value: 0, text: "0" }
      : { value: k * step, text: (k * step).toFixed(digits).replace("-", "−") }
  ));
}

export function drawAxes(pen, { view, theme, axes }) {
  const [left, top] = view.toData(0, 0);
  const [right, bottom] = view.toData(view.width, view.height);
  pen.font = `400 11px ${theme.font}`;
  pen.lineWidth = 1;
  pen.strokeStyle = theme.text;
  const mute = (alpha, draw) => {
    pen.globalAlpha = alpha;
    draw();
    pen.globalAlpha = 1;
  };
  const line = (x1, y1, x2, y2, origin) => mute(origin ? 0.3 : 0.09, () => {
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
  });
  pen.fillStyle = theme.text;
  for (const { value, text } of ticks(left, right, view.width)) {
    const at = Math.round(view.toScreen(value, 0)[0]) + 0.5;
    line(at, 0, at, view.height, value === 0);
    if (at > 30 && at < view.width - 20) mute(0.65, () => pen.fillText(text, at + 3, view.height - 14));
  }
  for (const { value, text } of ticks(bottom, top, view.height)) {
    const at = Math.round(view.toScreen(0, value)[1]) + 0.5;
    line(0, at, view.width, at, value === 0);
    if (at > 22 && at < view.height - 30) mute(0.65, () => pen.fillText(text, 3, at + 2));
  }
  mute(0.8, () => {
    pen.textAlign = "right";
    pen.fillText(axes.x, view.width - 6, view.height - 28);
    pen.textAlign = "left";
    pen.fillText(axes.y, 6, 5);
  });
}
