// The camera goes to what a page picks: a list, a search, a link. What is in view stays as it is.

import { differs } from "./differs.js";
import { clamp } from "./view.js";

const INNER = 0.7; // fraction of the view's sides that takes the points in
const EDGE = 28; // pixels from the border that count as out of view
const STRAGGLERS = 0.1; // of many points, on each side: they move no camera
const MANY = 20;
const MS = 320;
const HELD_MS = 4000; // which the page may take to show the address that Back returned to

/** Leads the camera to what the page has put on the map: a selection, else hits and paths. */
export class Guide {
  constructor() {
    this.forget();
    this.stop = () => {};
    this.heldUntil = 0;
  }

  /** After Back: the camera goes to the view that was left, and what the page picks moves it not. */
  goBack(map, target) {
    this.heldUntil = performance.now() + HELD_MS;
    this.stop();
    this.stop = travel(map.view, target, () => map.redraw(), () => {});
  }

  /** The camera stays where it is, as in a link with a view. */
  forget() {
    Object.assign(this, { isSelected: false, hits: [], paths: [] });
  }

  /** Notes what is new in `data`; points may still be loading. */
  note(before, data, picked) {
    const known = (id) => (before.overlays ?? []).find((item) => item.id === id)?.points;
    const paths = data.overlays.filter((item) => (
      item.type === "path" && differs(known(item.id), item.points)
    ));
    if (paths.length) this.paths = paths;
    if (differs(before.highlight, data.highlight)) this.hits = data.highlight ?? [];
    if (data.selected && differs(picked, data.selected)) this.isSelected = true;
  }

  /** Moves the camera, which is remembered where it ends. */
  travel(map, target) {
    this.stop();
    this.stop = travel(map.view, target, () => map.redraw(), () => map.moved());
  }

  /** Moves the view of the map to what was noted and is out of view. */
  go(map) {
    const { isSelected, hits, paths } = this;
    this.forget();
    const { selected, view } = map;
    if (performance.now() < this.heldUntil) return;
    const rows = hits.filter((row) => row < map.points.count);
    const points = isSelected && selected ? [[selected.x, selected.y]]
      : [...paths.flatMap((path) => path.points), ...rows.map((row) => map.placeOf(row))];
    // Of many hits enough are seen; a path is read from one end to the other.
    const target = viewOf(view, points, rows.length ? 0.5 : 1);
    if (target) this.travel(map, target);
  }
}

/** The viewport that shows `points`, or null where enough of them (a fraction) are in view. */
function viewOf(view, points, enough) {
  if (!points.length) return null;
  const seen = points.filter(([x, y]) => isInView(view, ...view.toScreen(x, y))).length;
  if (seen >= Math.max(enough * points.length, Math.min(2, points.length))) return null;
  const [left, right] = span(points.map(([x]) => x));
  const [bottom, top] = span(points.map(([, y]) => y));
  const inner = [view.width, view.height].map((side) => INNER * side);
  const [wide, high] = [(right - left) * view.scale, (top - bottom) * view.scale];
  const shrink = Math.min(1, inner[0] / Math.max(wide, 1), inner[1] / Math.max(high, 1));
  const [dx, dy] = inner.map((side) => side / (2 * shrink * view.scale));
  return {
    x: nearest(view.x, right - dx, left + dx), y: nearest(view.y, top - dy, bottom + dy),
    zoom: view.zoom * shrink,
  };
}

/** The centre nearest to the present one from which all is in view: the camera moves no further. */
function nearest(now, low, high) {
  return clamp(now, Math.min(low, high), Math.max(low, high));
}

function isInView(view, left, top) {
  return left > EDGE && top > EDGE && left < view.width - EDGE && top < view.height - EDGE;
}

/** Where an arrow at the border points to something out of view: its middle, and the direction. */
export function arrowTo(view, left, top) {
  if (left >= 0 && top >= 0 && left <= view.width && top <= view.height) return null;
  const { width, height, inset } = view;
  const x = clamp(left, EDGE / 2, width - EDGE / 2);
  const y = clamp(top, inset.top + EDGE / 2, height - inset.bottom - EDGE / 2);
  return { left: x, top: y, angle: Math.atan2(top - y, left - x) };
}

/** Moves `view` to `target`, at once where motion is unwelcome; returns a function that stops it. */
function travel(view, target, draw, done) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
    view.set(target);
    draw();
    done();
    return () => {};
  }
  const from = view.get();
  const began = performance.now();
  let frame = requestAnimationFrame(function step(now) {
    const passed = clamp((now - began) / MS, 0, 1);
    const part = passed * passed * (3 - 2 * passed);
    const mix = (name) => from[name] + (target[name] - from[name]) * part;
    view.set({ x: mix("x"), y: mix("y"), zoom: from.zoom * (target.zoom / from.zoom) ** part });
    draw();
    if (passed < 1) frame = requestAnimationFrame(step);
    else done();
  });
  return () => cancelAnimationFrame(frame);
}

function span(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = sorted.length >= MANY ? Math.floor(STRAGGLERS * sorted.length) : 0;
  return [sorted[cut], sorted[sorted.length - 1 - cut]];
}
