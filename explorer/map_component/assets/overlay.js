// Everything on top of the points, drawn on a 2-D canvas: axes, ellipses, paths, markers,
// cluster names, the selection and the keyboard's cross-hair.

import { drawAxes } from "./axes.js";
import { drawContours } from "./contours.js";
import { overlap, placeLabels, wrap } from "./labels.js";
import { arrowTo } from "./reveal.js";
import { clamp } from "./view.js";

const LABEL_SIZE = 12.5;
const REGION_SIZE = 11.5;
const DECODED_SIZE = 12.5;
const ISLAND_OPACITY = 0.45; // of the arrows to them

export function drawOverlay(pen, scene) {
  const { view, theme, ratio } = scene;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, view.width, view.height);
  pen.lineJoin = "round";
  pen.textBaseline = "top";
  if (scene.axes?.units) drawAxes(pen, scene);
  if (scene.contours) drawContours(pen, scene);
  const draw = { ellipse: drawEllipse, path: drawPath, cloud: drawCloud, trail: drawPicks };
  for (const item of scene.overlays) draw[item.type]?.(pen, item, scene);
  nameEllipses(pen, scene);
  drawIslands(pen, scene);
  drawLabels(pen, scene);
  drawDecoded(pen, scene);
  for (const item of scene.overlays) if (item.type === "marker") drawMarker(pen, item, scene);
  if (scene.hovered) ring(pen, view.toScreen(...scene.hovered), 7, theme.text, 1.5, theme);
  if (scene.selected) drawSelected(pen, scene);
  if (scene.crosshair) drawCrosshair(pen, scene);
}

function font(pen, theme, size, weight) {
  pen.font = `${weight} ${size}px ${theme.font}`;
}

/** Text with a halo of the page's background, legible on any crowd of points. */
export function haloText(pen, text, left, top, theme, colour = theme.text, opacity = 1) {
  const before = pen.globalAlpha;
  pen.lineWidth = 3.5;
  pen.strokeStyle = theme.background;
  pen.globalAlpha = 0.85;
  pen.strokeText(text, left, top);
  pen.globalAlpha = opacity;
  pen.fillStyle = colour;
  pen.fillText(text, left, top);
  pen.globalAlpha = before;
}

function drawLabels(pen, scene) {
  const { view, theme, labels, selected } = scene;
  if (!scene.showLabels || !labels.length) return;
  const lineHeight = REGION_SIZE * 1.2;
  font(pen, theme, REGION_SIZE, 700);
  const taken = takenBoxes(pen, scene);
  if (selected) {
    const [left, top] = view.toScreen(selected.x, selected.y);
    taken.push({ left: left - 12, top: top - 12, width: 24, height: 24 });
  }
  scene.placed = placeLabels(pen, labels, view, lineHeight, taken);
  pen.textAlign = "center";
  for (const { lines, left, top } of scene.placed) {
    lines.forEach((line, row) => haloText(pen, line, left, top + row * lineHeight, theme));
  }
  pen.textAlign = "left";
}

/** What words on the map keep clear of: markers, the ends of paths, the buttons. */
function takenBoxes(pen, { view, overlays, positions, pinned, corner = 184 }) {
  const { width, height, inset } = view;
  const taken = [
    { left: width - 46, top: 0, width: 46, height: corner },
    { left: 0, top: 0, width, height: inset.top },
    { left: 0, top: height - inset.bottom, width, height: inset.bottom },
  ];
  if (pinned) taken.push(pinned);
  for (const item of overlays) {
    if (item.type === "marker") {
      const [left, top] = view.toScreen(item.x, item.y);
      const width = 22 + pen.measureText(item.text).width;
      taken.push({ left: left - 8, top: top - 8, width, height: 18 });
    } else if (item.type === "path" && item.points.length) {
      for (const step of [0, stepOf(item, positions), item.points.length - 1]) {
        const [left, top] = view.toScreen(...along(item.points, step));
        taken.push({ left: left - 9, top: top - 15, width: 26, height: 24 });
      }
    }
  }
  return taken;
}

/** Sentences decoded at positions of a grid: a dot at the position, the words below. */
function drawDecoded(pen, scene) {
  const { view, theme, decoded, selected } = scene;
  const lineHeight = DECODED_SIZE * 1.18;
  const [crossLeft, crossTop] = selected ? view.toScreen(selected.x, selected.y) : [NaN, NaN];
  font(pen, theme, LABEL_SIZE, 600);
  const taken = [...takenBoxes(pen, scene), ...(scene.placed ?? []).map(({ box }) => box)];
  font(pen, theme, DECODED_SIZE, 500);
  pen.textAlign = "center";
  for (const item of decoded) {
    const [left, top] = view.toScreen(item.x, item.y);
    const lines = wrap(pen, item.text);
    const width = Math.max(8, ...lines.map((line) => pen.measureText(line).width));
    const below = Math.hypot(left - crossLeft, top - crossTop) < 8 ? 13 : 4; // the cross of a picked position
    const height = 4 + below + lines.length * lineHeight;
    const middle = clamp(left, width / 2 + 4, view.width - width / 2 - 4);
    const box = { left: middle - width / 2, top: top - 4, width, height };
    const hasRoom = top + height < view.height && !taken.some((other) => overlap(box, other, 3));
    if (!hasRoom) continue;
    item.box = box; // for hit tests
    taken.push(box);
    pen.beginPath();
    pen.arc(left, top, 2, 0, 2 * Math.PI);
    pen.lineWidth = 3;
    pen.strokeStyle = theme.background;
    pen.stroke();
    pen.fillStyle = theme.text;
    pen.fill();
    lines.forEach((line, row) => (
      haloText(pen, line, middle, top + below + row * lineHeight, theme, theme.text, item.opacity)
    ));
  }
  pen.textAlign = "left";
}

function ring(pen, [left, top], radius, colour, width, theme) {
  pen.beginPath();
  pen.arc(left, top, radius, 0, 2 * Math.PI);
  pen.lineWidth = width + 2.5;
  pen.strokeStyle = theme.background;
  pen.stroke();
  pen.lineWidth = width;
  pen.strokeStyle = colour;
  pen.stroke();
}

export function drawSelected(pen, { view, theme, selected }) {
  const at = view.toScreen(selected.x, selected.y);
  const arrow = arrowTo(view, ...at);
  if (arrow) {
    drawArrow(pen, arrow, theme);
    return;
  }
  if (selected.kind === "place") {
    pen.lineCap = "round";
    for (const [colour, width] of [[theme.background, 5.5], [theme.primary, 2.25]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pen.moveTo(at[0] + 4 * dx, at[1] + 4 * dy);
        pen.lineTo(at[0] + 11 * dx, at[1] + 11 * dy);
      }
      pen.stroke();
    }
    return;
  }
  pen.beginPath();
  pen.arc(at[0], at[1], 4.5, 0, 2 * Math.PI);
  pen.fillStyle = theme.primary;
  pen.fill();
  ring(pen, at, 9, theme.primary, 2.25, theme);
}

/** Faint arrows at the border, towards what the first view leaves out. */
function drawIslands(pen, scene) {
  const { view, theme, islands = [] } = scene;
  scene.arrows = islands.map(([x, y]) => arrowTo(view, ...view.toScreen(x, y))).filter(Boolean);
  pen.globalAlpha = ISLAND_OPACITY;
  for (const arrow of scene.arrows) drawArrow(pen, arrow, theme, theme.text);
  pen.globalAlpha = 1;
}

/** At the border, towards something that is out of view. */
function drawArrow(pen, { left, top, angle }, theme, colour = theme.primary) {
  pen.save();
  pen.translate(left, top);
  pen.rotate(angle);
  pen.beginPath();
  pen.moveTo(9, 0);
  pen.lineTo(-7, -7);
  pen.lineTo(-3, 0); // notched: a plain triangle seems to point three ways
  pen.lineTo(-7, 7);
  pen.closePath();
  pen.lineWidth = 4;
  pen.strokeStyle = theme.background;
  pen.stroke();
  pen.fillStyle = colour;
  pen.fill();
  pen.restore();
}

function drawMarker(pen, { x, y, text, opacity = 1 }, { view, theme }) {
  const [left, top] = view.toScreen(x, y);
  pen.globalAlpha = opacity;
  pen.beginPath();
  pen.moveTo(left, top - 7);
  pen.lineTo(left + 7, top);
  pen.lineTo(left, top + 7);
  pen.lineTo(left - 7, top);
  pen.closePath();
  pen.lineWidth = 4;
  pen.strokeStyle = theme.background;
  pen.stroke();
  pen.fillStyle = theme.primary;
  pen.fill();
  if (text) {
    font(pen, theme, LABEL_SIZE, 600);
    const width = pen.measureText(text).width;
    const beside = left + 12 + width > view.width - 4 ? left - 12 - width : left + 12;
    haloText(pen, text, beside, top - LABEL_SIZE / 2 - 1, theme);
  }
  pen.globalAlpha = 1;
}

function drawPath(pen, item, scene) {
  const { view, theme } = scene;
  const places = item.points.map(([x, y]) => view.toScreen(x, y));
  if (!places.length) return;
  pen.lineCap = "round";
  for (const [colour, width] of [[theme.background, 5], [theme.primary, 2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    places.forEach((at, k) => (k ? pen.lineTo(...at) : pen.moveTo(...at)));
    pen.stroke();
  }
  for (const [left, top] of places) {
    pen.beginPath();
    pen.arc(left, top, 2.6, 0, 2 * Math.PI);
    pen.fillStyle = theme.background;
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = theme.primary;
    pen.stroke();
  }
  font(pen, theme, LABEL_SIZE, 700);
  (item.ends ?? []).forEach((name, k) => {
    const [left, top] = places[k ? places.length - 1 : 0];
    haloText(pen, name, left + 8, top - 17, theme);
  });
  const at = along(item.points, stepOf(item, scene.positions));
  const [left, top] = view.toScreen(...at);
  pen.beginPath();
  pen.arc(left, top, 6.5, 0, 2 * Math.PI);
  pen.fillStyle = theme.primary;
  pen.fill();
  ring(pen, [left, top], 8.5, theme.background, 1, theme);
}

function stepOf(item, positions) {
  return positions.get(item.id) ?? item.position;
}

/** The position at a (fractional) step of a path. */
export function along(points, position) {
  const step = Math.min(Math.max(position, 0), points.length - 1);
  const low = Math.floor(step);
  const high = Math.min(low + 1, points.length - 1);
  return [0, 1].map((k) => points[low][k] + (points[high][k] - points[low][k]) * (step - low));
}

/** The line through the last picks, the oldest the faintest. */
function drawPicks(pen, { points }, { view, theme }) {
  const places = points.map(([x, y]) => view.toScreen(x, y));
  const steps = places.length - 1;
  pen.setLineDash([2, 4]);
  pen.strokeStyle = pen.fillStyle = theme.primary;
  pen.lineWidth = 1.5;
  for (let k = 0; k < steps; k++) {
    pen.globalAlpha = 0.25 + (0.6 * (k + 1)) / steps;
    pen.beginPath();
    pen.moveTo(...places[k]);
    pen.lineTo(...places[k + 1]);
    pen.stroke();
    pen.beginPath();
    pen.arc(...places[k], 3, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

function drawEllipse(pen, { x, y, rx, ry }, { view, theme }) {
  const [left, top] = view.toScreen(x, y);
  pen.beginPath();
  pen.ellipse(left, top, rx * view.scale, ry * view.scale, 0, 0, 2 * Math.PI);
  pen.lineWidth = 3.5;
  pen.strokeStyle = theme.background;
  pen.globalAlpha = 0.6;
  pen.stroke();
  pen.globalAlpha = 1;
  pen.setLineDash([6, 5]);
  pen.lineWidth = 1.5;
  pen.strokeStyle = theme.text;
  pen.stroke();
  pen.setLineDash([]);
}

/** Names above their ellipses, the widest first; below where another name is there already. */
function nameEllipses(pen, { view, theme, overlays }) {
  const named = overlays.filter((item) => item.type === "ellipse" && item.text)
    .sort((a, b) => b.ry - a.ry);
  font(pen, theme, 12, 600);
  pen.textAlign = "center";
  const taken = [];
  for (const { x, y, ry, text } of named) {
    const [middle, centre] = view.toScreen(x, y);
    const width = pen.measureText(text).width;
    const places = [-ry * view.scale - 15, ry * view.scale + 4].map((away) => (
      { left: middle - width / 2, top: centre + away, width, height: 12 }
    ));
    const free = places.find((box) => !taken.some((other) => overlap(box, other, 0)));
    if (!free) continue; // zooming in makes room
    taken.push(free);
    haloText(pen, text, middle, free.top, theme);
  }
  pen.textAlign = "left";
}

function drawCloud(pen, { points, opacity = 0.8, colour = "" }, { view, theme }) {
  pen.globalAlpha = opacity;
  pen.beginPath();
  const arm = colour ? 2.4 : 3;
  for (const [x, y] of points) {
    const [left, top] = view.toScreen(x, y);
    pen.moveTo(left - arm, top - arm);
    pen.lineTo(left + arm, top + arm);
    pen.moveTo(left + arm, top - arm);
    pen.lineTo(left - arm, top + arm);
  }
  if (colour) { // on dots of any colour
    pen.strokeStyle = theme.background;
    pen.lineWidth = 3;
    pen.stroke();
  }
  pen.strokeStyle = colour || theme.text;
  pen.lineWidth = colour ? 1.5 : 1.4;
  pen.stroke();
  pen.globalAlpha = 1;
}

function drawCrosshair(pen, { view, theme }) {
  const [left, top] = view.middle;
  ring(pen, [left, top], 14, theme.text, 1.5, theme);
  pen.beginPath();
  pen.arc(left, top, 1.8, 0, 2 * Math.PI);
  pen.fillStyle = theme.text;
  pen.fill();
}
