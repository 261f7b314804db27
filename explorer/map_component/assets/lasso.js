// Selecting on the map: an outline drawn by hand or a rectangle, a region by key, a class of the
// legend. What it takes in is shown at once, and is for Python to say: only the outline is sent, in
// map coordinates.

import { make } from "./legend.js";
import { inside, joined } from "./polygon.js";

const STEP_PIXELS = 3; // between corners of an outline
const MAX_CORNERS = 1000;
const MIN_PIXELS = 6; // a smaller outline is a slip of the hand
const KEYS = { l: "lasso", r: "rectangle" };
const REACH = 18; // pixels around the middle in which a sentence counts as there
const SPACE = "http://www.w3.org/2000/svg";

export class Lasso {
  /** @param {LatentMap} map which emits what was drawn
   * @param {{lasso: HTMLButtonElement, rectangle: HTMLButtonElement}} buttons */
  constructor(map, buttons) {
    this.map = map;
    this.buttons = buttons;
    this.tool = null;
    this.shape = "lasso"; // of Shift and a drag: the tool used last
    this.outline = null;
    this.svg = document.createElementNS(SPACE, "svg");
    this.svg.setAttribute("class", "drawn-outline");
    this.svg.setAttribute("aria-hidden", "true");
    this.path = document.createElementNS(SPACE, "path");
    this.svg.append(this.path);
    map.stage.append(this.svg);
    for (const [name, button] of Object.entries(buttons)) {
      button.addEventListener("click", () => this.use(this.tool === name ? null : name));
    }
    this.use(null);
  }

  get isOffered() {
    return Boolean(this.map.data?.areas);
  }

  /** Shows the tools where the page takes what they select; what was drawn is answered now. */
  update() {
    if (!this.outline) this.path.setAttribute("d", "");
    for (const button of Object.values(this.buttons)) button.hidden = !this.isOffered;
  }

  /** The tool of the next drag; null to pan again. */
  use(tool) {
    this.tool = tool;
    if (tool) this.shape = tool;
    for (const [name, button] of Object.entries(this.buttons)) {
      button.setAttribute("aria-pressed", String(name === tool));
    }
    this.map.overlay.classList.toggle("drawing", Boolean(tool));
  }

  /** Whether a drag draws. */
  draws(shift) {
    return this.isOffered && (shift || this.tool !== null);
  }

  /** The outline up to `to`; once done, it goes to Python. */
  draw(from, to, isDone) {
    const corners = this.shape === "rectangle" ? cornersOf(from, to) : this.grown(from, to);
    this.outline = isDone ? null : corners;
    const points = corners.map(({ left, top }) => `${left},${top}`);
    this.path.setAttribute("d", `M${points.join("L")}Z`);
    if (!isDone) return;
    this.use(null);
    if (extentOf(corners) < MIN_PIXELS) {
      this.cancel();
      return;
    }
    const area = corners.map(({ left, top }) => this.map.view.toData(left, top));
    this.preview(inside(this.map.points.xy, area));
    this.map.announcer.say("Sentences in the outline selected.");
    this.map.emit({ kind: "area", index: -1, x: area[0][0], y: area[0][1], shift: false, area });
  }

  /** Highlights what is being selected, until Python has answered. */
  preview(mask) {
    const { map } = this;
    const { highlight, joining } = map.data;
    const before = highlight && new Uint8Array(mask.length);
    for (const row of highlight ?? []) before[row] = 1;
    map.preview = [];
    joined(before, mask, joining).forEach((is, row) => {
      if (is) map.preview.push(row);
    });
    map.applyHighlight();
    map.redraw();
  }

  grown(from, to) {
    const outline = this.outline ?? [from];
    const { left, top } = outline.at(-1);
    if (Math.hypot(to.left - left, to.top - top) >= STEP_PIXELS) outline.push(to);
    return outline.length <= MAX_CORNERS ? outline : outline.filter((_, i) => i % 2 === 0);
  }

  /** The browser took the pointer away: nothing was drawn. */
  cancel() {
    this.outline = null;
    this.path.setAttribute("d", "");
  }

  /** Whether a key was one of the tools'. */
  key(key) {
    if (!this.isOffered) return false;
    const letter = key.toLowerCase();
    if (key === "Escape" && this.tool) this.use(null);
    else if (KEYS[letter]) this.use(this.tool === KEYS[letter] ? null : KEYS[letter]);
    else if (letter === "s") this.selectRegion();
    else return false;
    return true;
  }

  /** Selects the region of the picked sentence, or of the one under the circle in the middle. */
  selectRegion() {
    const { map } = this;
    const index = map.selected?.row ?? map.at(...map.view.middle, REACH);
    if (index < 0) {
      map.announcer.say("No sentence here.");
      return;
    }
    const [x, y] = map.placeOf(index);
    map.announcer.say("Its region selected.");
    map.emit({ kind: "region", index, x, y, shift: false });
  }

  /** Selects the sentences of a class of the legend. */
  selectClass(id) {
    const { map } = this;
    map.focus = null;
    map.drawLegend();
    this.preview(map.points.kinds.map((kind) => Number(kind === id)));
    map.emit({ kind: "class", index: id, x: map.view.x, y: map.view.y, shift: false });
  }

  /** Beside a highlighted class of the legend: a button that selects its sentences. */
  offerClass() {
    const { map } = this;
    const { focus, data, legend } = map;
    if (!this.isOffered || !data.selects_classes || focus === null) return;
    const button = make("button", "chip select-class", "Select these");
    button.type = "button";
    button.addEventListener("click", () => this.selectClass(focus));
    legend.querySelector(`[data-id="${focus}"]`)?.after(button);
  }
}

function cornersOf(from, to) {
  return [from, { left: to.left, top: from.top }, to, { left: from.left, top: to.top }];
}

function extentOf(corners) {
  const span = (name) => {
    const values = corners.map((corner) => corner[name]);
    return Math.max(...values) - Math.min(...values);
  };
  return Math.min(span("left"), span("top"));
}
