// Sentences decoded at a grid of positions in view, fetched when the view is at rest.
// The grid is fixed to the map, so that panning keeps its sentences where they are.

import { ask } from "./ask.js";
import { wholes } from "./view.js";

const WIDE = [142, 165]; // minimum pixels between positions, on a phone and on a wide map
const ROOMY = 640; // pixels of a wide map
const FLAT = 2.1; // columns are so much wider apart than rows
// To the nearest dot: words stand on a dense cloud, and around a sparse one, or it would have none.
const NEAR_PIXELS = { dense: 45, sparse: 125, from: 2000 /* points */ };
const AMONG_PIXELS = 12; // a position with a dot so near stays
const MAX_POSITIONS = 32; // positions of one request, the central ones first; the server allows 64
const MAX_ENTRIES = 4000;
const MAX_ROWS = 200; // of a view, and columns of a row
const REST_MS = 160;
const AGAIN_MS = [3000, 60000]; // from a question that failed to the next: at first, at most

export class Lattice {
  /** `changed` is called when there is something new to draw. */
  constructor(changed) {
    this.changed = changed;
    this.url = "";
    this.decoded = new Map();
    this.failed = false; // whether the last question did
    this.wait = AGAIN_MS[0];
    this.missing = 0; // positions of the last view whose sentence is not known yet
  }

  get isOn() {
    return this.url !== "";
  }

  /** The address of decoded sentences, without positions; empty for none. */
  setUrl(url) {
    if (url === this.url) return;
    this.stop();
    this.url = url;
    this.decoded.clear();
    this.failed = false;
    this.wait = AGAIN_MS[0];
  }

  /**
   * The sentences known in the view, of positions moved by `moved`, which returns null for one
   * without a sentence; missing ones are fetched once the view is at rest.
   */
  inView(view, moved) {
    if (!this.isOn) return [];
    const cells = cellsOf(view).map(moved).filter(Boolean);
    const missing = cells.filter(({ key }) => !this.decoded.has(key));
    this.missing = missing.length;
    clearTimeout(this.timer);
    // One question at a time: a server that is slow is not given work for views long gone.
    if (missing.length && !this.request && !this.again) {
      this.timer = setTimeout(() => this.ask(missing.slice(0, MAX_POSITIONS)), REST_MS);
    }
    return cells.filter(({ key }) => this.decoded.has(key))
      .map((cell) => ({ ...cell, ...this.decoded.get(cell.key) }));
  }

  async ask(cells) {
    const request = new AbortController();
    this.request = request;
    const url = new URL(this.url, window.location.origin);
    url.searchParams.set("at", cells.map(({ x, y }) => `${x},${y}`).join(";"));
    try {
      const answer = await ask(url, { signal: request.signal });
      if (!answer.ok) throw new Error(`${answer.status} from ${url.pathname}`);
      const found = await answer.json();
      if (this.request !== request) return;
      if (this.decoded.size + found.length > MAX_ENTRIES) this.decoded.clear();
      cells.forEach(({ key }, place) => this.decoded.set(key, found[place]));
      this.failed = false;
      this.wait = AGAIN_MS[0];
    } catch (error) {
      if (this.request !== request) return;
      console.warn(`Sentences on the map could not be decoded: ${error.message}`);
      this.failed = true;
      this.again = setTimeout(() => {
        this.again = null;
        this.changed();
      }, this.wait);
      this.wait = Math.min(2 * this.wait, AGAIN_MS[1]); // a server in trouble is left in peace
    }
    this.request = null;
    this.changed();
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.again);
    this.again = null;
    this.request?.abort();
    this.request = null;
  }
}

/** The sentence whose words or dot are under the pointer, of those that were drawn. */
export function decodedAt(drawn, left, top) {
  return (drawn ?? []).find(({ box }) => box && left >= box.left && left <= box.left + box.width
    && top >= box.top && top <= box.top + box.height);
}

/**
 * A position of the lattice, moved onto the nearest dot where it is beside a cloud of them; null
 * where it is far from all: there the model repeats itself.
 */
export function ontoDots(cell, grid, scale) {
  const { x, y, key } = cell;
  const reach = NEAR_PIXELS[grid.xy.length / 2 < NEAR_PIXELS.from ? "sparse" : "dense"];
  const dot = grid.nearest(x, y, reach / scale);
  if (dot < 0) return null;
  if (grid.nearest(x, y, AMONG_PIXELS / scale) >= 0) return cell;
  return { ...cell, key: `${key}|${dot}`, x: grid.xy[2 * dot], y: grid.xy[2 * dot + 1] };
}

/** The grid's positions in a view: those whose sentence is visible, or nearly. */
export function cellsOf(view) {
  const least = WIDE[Number(view.width > ROOMY)];
  const level = Math.ceil(2 * Math.log2(least / view.scale));
  const wide = 2 ** (level / 2);
  const high = wide / FLAT;
  const [left, top] = view.toData(least / 4, 8 + view.inset.top);
  const [right, bottom] = view.toData(view.width - least / 4, view.height - 8 - view.inset.bottom);
  const cells = [];
  for (const row of wholes(bottom / high, top / high, MAX_ROWS)) {
    // Every other row is offset by half a column, like bricks.
    const shift = row % 2 === 0 ? 0 : 0.5;
    for (const column of wholes(left / wide - shift, right / wide - shift, MAX_ROWS)) {
      cells.push({
        key: `${level}|${column}|${row}`, x: (column + shift) * wide, y: row * high,
      });
    }
  }
  const away = ({ x, y }) => (x - view.x) ** 2 + (y - view.y) ** 2;
  return cells.sort((a, b) => away(a) - away(b));
}
