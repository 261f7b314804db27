// The camera: which part of the plane is seen. `zoom` 1 shows every point, so a saved view
// means the same place on a phone and on a wide screen. Home is what is seen first: without
// small islands far away, if the rest then fills the window better.

const MIN_ZOOM = 0.4;
const MAX_ZOOM = 4000;
const MARGIN = 0.06;
const FARTHEST = 1e6; // map units: a view beyond is nobody's, as for the server

export class View {
  constructor() {
    this.width = 1;
    this.height = 1;
    this.inset = { top: 0, bottom: 0 }; // pixels that controls lie on
    this.whole = this.bulk = { x: 0, y: 0, spanX: 1, spanY: 1 };
    this.minGain = Infinity;
    this.isHome = true;
    this.x = 0;
    this.y = 0;
    this.zoom = 1;
  }

  /**
   * @param {{left: number, right: number, bottom: number, top: number}} whole all there is
   * @param {object} bulk the box without the islands
   * @param {number} minGain by which the bulk must be larger at home than in the whole
   */
  setBounds(whole, bulk = whole, minGain = Infinity) {
    Object.assign(this, { whole: spanned(whole), bulk: spanned(bulk), minGain });
  }

  resize(width, height) {
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    if (this.isHome) this.reset();
  }

  /** The first view, in a window of this shape. */
  get home() {
    const { whole, bulk } = this;
    const gain = this.scaleOf(bulk) / this.scaleOf(whole);
    return gain < this.minGain ? { x: whole.x, y: whole.y, zoom: 1 }
      : { x: bulk.x, y: bulk.y, zoom: gain };
  }

  /** How many times nearer than at home. */
  get magnification() {
    return this.zoom / this.home.zoom;
  }

  /** Pixels per unit; one scale for both axes, because distances on the map are compared. */
  get scale() {
    return this.scaleOf(this.whole) * this.zoom;
  }

  scaleOf({ spanX, spanY }) {
    const room = 1 - 2 * MARGIN;
    const height = this.height - this.inset.top - this.inset.bottom;
    return Math.min((this.width * room) / spanX, (height * room) / spanY);
  }

  /** Where the centre of the view is, in pixels: halfway between what lies above and below. */
  get middle() {
    return [this.width / 2, (this.height + this.inset.top - this.inset.bottom) / 2];
  }

  reset() {
    Object.assign(this, this.home, { isHome: true });
  }

  /** Home; from there, everything. */
  goHome() {
    const { isHome } = this;
    this.reset();
    const { x, y } = this.whole;
    if (isHome) Object.assign(this, { x, y, zoom: 1, isHome: false });
  }

  set({ x, y, zoom }) {
    // An address can hold any number, and far from 0 the steps of a grid are lost in rounding.
    if (![x, y, zoom].every(Number.isFinite)) return;
    if (Math.max(Math.abs(x), Math.abs(y)) > FARTHEST) return;
    Object.assign(this, { x, y, zoom: this.within(zoom), isHome: false });
  }

  /** A zoom within limits; home may be far nearer than all there is. */
  within(zoom) {
    return clamp(zoom, MIN_ZOOM, MAX_ZOOM * Math.max(this.home.zoom, 1));
  }

  get() {
    return { x: this.x, y: this.y, zoom: this.zoom };
  }

  toScreen(x, y) {
    const { scale, middle } = this;
    return [middle[0] + (x - this.x) * scale, middle[1] - (y - this.y) * scale];
  }

  toData(left, top) {
    const { scale, middle } = this;
    return [this.x + (left - middle[0]) / scale, this.y - (top - middle[1]) / scale];
  }

  panBy(dx, dy) {
    this.isHome = false;
    this.x -= dx / this.scale;
    this.y += dy / this.scale;
  }

  /** Zoom so that the data under (left, top) stays under it. */
  zoomAt(left, top, factor) {
    const [x, y] = this.toData(left, top);
    this.zoom = this.within(this.zoom * factor);
    const [left2, top2] = this.toScreen(x, y);
    this.panBy(left - left2, top - top2);
  }
}

function spanned({ left, right, bottom, top }) {
  return {
    x: (left + right) / 2, y: (bottom + top) / 2,
    spanX: Math.max(right - left, 1e-9), spanY: Math.max(top - bottom, 1e-9),
  };
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The whole numbers from `low` to `high`, at most `most`: where + 1 changes nothing, it ends too. */
export function wholes(low, high, most) {
  const first = Math.ceil(low);
  const count = Math.min(Math.floor(high) - first + 1, most);
  return Array.from({ length: count }, (_, k) => first + k);
}
