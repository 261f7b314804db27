// The map of sentences: data from the page in, events of the person out.
// Streamlit calls `mount` again with new data whenever the page changes something; points stay.

import { Announcer } from "./announcer.js";
import { AnswerPin } from "./answer_pin.js";
import { Contours } from "./contours.js";
import { copies } from "./copy.js";
import { exposeForTests } from "./exposed.js";
import { fold } from "./fold.js";
import { moreButtons } from "./frame.js";
import { listen } from "./gestures.js";
import { Grid } from "./grid.js";
import { Help } from "./help.js";
import { islandsOf, setHome } from "./home.js";
import { labelsOf } from "./labels.js";
import { countsOf } from "./legend.js";
import { Lasso } from "./lasso.js";
import { Lattice, decodedAt, ontoDots } from "./lattice.js";
import { decodedWords, Lens } from "./lens.js";
import { broadcast, subscribe } from "./links.js";
import { gestures } from "./map_input.js";
import { mounting } from "./mounting.js";
import { differs } from "./differs.js";
import { drawOverlay } from "./overlay.js";
import { paletteOf, Points, sizeFor } from "./points.js";
import { addressedView, onReturn, readView, rememberView } from "./remember.js";
import { Regions } from "./regions.js";
import { Guide } from "./reveal.js";
import { rowsOf } from "./rows.js";
import { Surface } from "./surface.js";
import { readTheme } from "./theme.js";

const PICK_PIXELS = 9;
const TOUCH_PIXELS = 18;
const NO_CLASS = 255;
const PATIENCE_MS = 10000; // a page that has not answered an event by then never will
const PHONE_PIXELS = 640; // as in the page's style
const EDGE_INSET = { top: 60, bottom: 66 };

export class LatentMap extends Surface {
  constructor(parent) {
    super(parent, Points, "map");
    this.positions = new Map();
    this.hovered = null;
    this.selected = null;
    this.crosshair = false;
    this.loaded = {};
    this.serial = Date.now();
    this.lattice = new Lattice(() => {
      this.writeCaption();
      this.redraw();
    });
    this.onDots = (cell) => ontoDots(cell, this.grid, this.view.scale);
    this.lens = new Lens(() => this.refreshLens());
    this.pin = new AnswerPin(this);
    this.guide = new Guide();
    this.announcer = new Announcer(this);
    this.onPath = ({ detail }) => {
      this.positions.set(detail.id, detail.position);
      this.redraw();
    };
    window.addEventListener("latent-path", this.onPath);
    this.unlisten = listen(this.overlay, gestures(this));
    this.unsubscribe = subscribe(this, () => this.data?.link, ({ focus }) => {
      this.focus = focus;
      this.drawLegend();
      this.redraw();
    });
    this.unreturn = onReturn(() => this.goBack());
    const seen = (change) => () => {
      change(this.view);
      this.redraw();
      this.moved();
    };
    this.wireButtons(seen, seen((view) => view.goHome()));
    this.addButtons();
    exposeForTests(this);
  }

  /** Help and a link for the map, and a way to copy the pinned words. */
  addButtons() {
    const { help, share, copy, lasso, rectangle, contours, regions, opener } = moreButtons();
    this.lasso = new Lasso(this, { lasso, rectangle });
    this.help = new Help(this.stage);
    help.addEventListener("click", () => this.help.toggle());
    const say = (text) => this.announcer.say(text);
    copies(share, () => window.location.href, say);
    copies(copy, () => this.pin.words, say);
    this.contours = new Contours(this, contours);
    this.regions = new Regions(this, regions);
    fold(this.corner, opener, [lasso, rectangle, contours, regions, share, help]);
    this.pinBox.append(copy);
  }

  // ---- data from the page -----------------------------------------------------------------

  update({ data: sent, setTriggerValue, setStateValue }) {
    const data = { ...sent, highlight: rowsOf(sent.highlight) };
    this.send = (name, value) => setTriggerValue(name, value);
    this.setState = setStateValue;
    const before = this.data ?? {};
    if (this.isStale(data)) Object.assign(data, { selected: this.picked, answer: null });
    this.data = data;
    this.preview = null;
    this.guide.note(before, data, this.picked);
    this.theme = readTheme(this.root);
    this.labels = labelsOf(data.labels);
    this.regions.update();
    this.overlay.setAttribute("aria-label", data.description);
    this.sentences.setUrl(data.hover_url);
    this.lattice.setUrl(data.decode_url);
    this.lens.setUrl(data.lens_url);
    this.lasso.update();
    this.writeCaption();
    this.axesLine.textContent = data.axes.units ? "" : `${data.axes.x} · ${data.axes.y}`;
    if (!this.points) {
      this.reportMissing();
      return;
    }
    if (differs(before.selected, data.selected)) this.adoptSelection(data.selected);
    if (data.spoken && data.spoken !== before.spoken) this.announcer.say(data.spoken);
    if (differs(before.answer, data.answer) || !this.pin.isShown) this.pin.showAnswer();
    if (before.colours_url !== data.colours_url) this.focus = null;
    for (const item of data.overlays) {
      if (item.type === "path" && differs(find(before.overlays, item.id), item)) {
        this.positions.delete(item.id);
      }
    }
    this.drawLegend();
    this.resize();
    this.load(data);
  }

  /** Whether the page answers an earlier event: what was picked since then stays. */
  isStale({ heard }) {
    return heard !== null && heard < this.sent && performance.now() - this.sentAt < PATIENCE_MS;
  }

  /** Back or Forward: to the view that its address has. */
  goBack() {
    const { view_parameter: parameter } = this.data ?? {};
    if (!parameter || !this.loaded.xy) return;
    this.guide.goBack(this, addressedView(parameter) ?? this.view.home);
  }

  /** The line under the map: how much it shows, and whether words are missing from it. */
  writeCaption() {
    const missing = " Sentences could not be decoded here; trying again.";
    this.caption.textContent = this.data.caption + (this.lattice.failed ? missing : "");
  }

  async load(data) {
    let points, kinds;
    try {
      [points, kinds] = await Promise.all([
        this.files.get("points", data.points_url), this.files.get("colours", data.colours_url),
      ]);
    } catch (error) {
      this.say(`The map's points could not be loaded (${error.message}). Reload the page.`);
      return;
    }
    if (this.data !== data) return;
    if (points !== this.loaded.points) this.placePoints(points);
    else if (data.view && differs(this.askedView, data.view)) this.view.set(data.view);
    this.askedView = data.view;
    this.applyColours(new Uint8Array(kinds));
    this.applyHighlight();
    this.adoptSelection(this.picked);
    this.redraw();
    this.guide.go(this);
  }

  placePoints(bytes) {
    const isFirst = !this.loaded.points;
    this.guide.stop();
    const { data } = this;
    const xy = new Float32Array(bytes);
    this.loaded = { points: bytes, xy };
    this.grid = new Grid(xy);
    this.hovered = null;
    this.points.setPlaces(xy);
    this.contours.update();
    setHome(this.view, xy, data);
    this.view.reset();
    const [view, picked] = readView(data.view_parameter, data.points_url) ?? [data.view];
    if (view) this.view.set(view);
    const isSame = picked === undefined || !differs(picked, data.selected);
    if (view && isSame) this.guide.forget();
    if (!isFirst) this.moved();
    this.stage.dataset.loaded = String(this.points.count);
    document.querySelector(".still-map")?.remove(); // which stood here before the scripts came
    this.message.hidden = true;
  }

  applyColours(bytes) {
    const kinds = new Uint8Array(this.points.count).fill(NO_CLASS);
    kinds.set(bytes.subarray(0, kinds.length));
    this.points.setKinds(kinds);
    this.counts = countsOf(kinds);
    this.drawLegend();
    this.points.setPalette(paletteOf(this.data.legend, this.data.kind, this.theme.none));
  }

  applyHighlight() {
    const count = this.points.count;
    const highlight = this.preview ?? this.data.highlight;
    const stands = new Uint8Array(count).fill(highlight ? 0 : 1);
    for (const i of highlight ?? []) if (i < count) stands[i] = 1;
    this.points.setStanding(stands);
  }

  /** The position of a selection, by row or by coordinates. */
  adoptSelection(selected) {
    if (differs(this.picked, selected)) this.pin.hide();
    this.picked = selected ?? null;
    this.selected = null;
    if (!selected) return;
    if (selected.row === undefined) this.selected = { ...selected, kind: "place" };
    else if (this.loaded.xy && 2 * selected.row + 1 < this.loaded.xy.length) {
      const [x, y] = this.placeOf(selected.row);
      this.selected = { x, y, kind: "point", row: selected.row };
    }
  }

  placeOf(row) {
    return [this.loaded.xy[2 * row], this.loaded.xy[2 * row + 1]];
  }

  drawLegend() {
    super.drawLegend();
    // One legend explains several maps of the same colours.
    if (this.data.show_legend === false) this.legend.hidden = true;
    this.lasso.offerClass();
  }

  get selectsClass() {
    const { areas, selects_classes: selects } = this.data;
    return areas && selects ? (id) => this.lasso.selectClass(id) : null;
  }

  focused(id) {
    broadcast(this.data.link, this, { focus: id });
  }

  // ---- events of the person ---------------------------------------------------------------

  at(left, top, pixels = PICK_PIXELS) {
    if (!this.grid) return -1;
    const [x, y] = this.view.toData(left, top);
    const reach = Math.max(pixels, sizeFor(this.points.count, this.view.magnification) / 2 + 3);
    const { focus } = this;
    const { kinds } = this.points;
    const accepts = focus === null ? undefined : (i) => kinds[i] === focus;
    return this.grid.nearest(x, y, reach / this.view.scale, accepts);
  }

  /** The position of a pick without a point: that of the words there, else its own. */
  placeAt(left, top) {
    const { x, y } = decodedAt(this.decoded, left, top) ?? {};
    return x === undefined ? this.view.toData(left, top) : [x, y];
  }

  hover(left, top) {
    const index = this.at(left, top);
    const isOn = index >= 0 || Boolean(decodedAt(this.decoded, left, top));
    this.overlay.classList.toggle("on-point", isOn);
    const before = this.hovered;
    this.hovered = index < 0 ? null : this.placeOf(index);
    this.pointer = [left, top];
    if (index >= 0) this.tooltip.show(index, left, top, this.view.width, this.view.height);
    else if (this.lens.isOn && !decodedAt(this.decoded, left, top)) this.read(left, top);
    else this.tooltip.hide();
    if (differs(before, this.hovered)) this.redraw();
  }

  /** What the model decodes under the pointer; until that is known, the words before come along. */
  read(left, top) {
    const answer = this.lens.at(this.view, left, top);
    const slow = this.lens.isSlow ? { text: "decoding …" } : null;
    this.tooltip.say(answer ? decodedWords(answer) : slow, left, top, this.view.width, this.view.height);
  }

  /** An answer of the lens came: show it if the pointer is still between the sentences. */
  refreshLens() {
    if (this.pointer && !this.hovered) this.hover(...this.pointer);
    if (this.picked && !this.pin.isShown) this.pin.showKnown();
  }

  pick(left, top, shift, pointer = "mouse") {
    if (!this.grid) return;
    const index = this.at(left, top, pointer === "touch" ? TOUCH_PIXELS : PICK_PIXELS);
    const [x, y] = index < 0 ? this.placeAt(left, top) : this.placeOf(index);
    const kind = index < 0 ? "place" : "point";
    // The marker is there before Python answers.
    if (!shift) this.adoptSelection(index < 0 ? { x, y } : { row: index });
    if (!shift) {
      this.tooltip.hide();
      this.pin.showKnown();
    }
    this.redraw();
    const empty = `Empty location at ${x.toFixed(2)}, ${y.toFixed(2)} picked.`;
    this.announcer.say(index < 0 ? empty : this.announcer.wordsOf(index));
    this.emit({ kind, index, x, y, shift });
  }

  emit(event) {
    this.guide.heldUntil = 0;
    this.serial = this.sent = Math.max(this.serial + 1, Date.now());
    this.sentAt = performance.now();
    this.send("pick", { ...event, view: this.view.get(), serial: this.serial });
  }

  clear() {
    this.focus = null;
    this.adoptSelection(null);
    this.tooltip.hide();
    this.drawLegend();
    this.redraw();
    this.announcer.say("Selection cleared.");
    this.emit({ kind: "clear", index: -1, x: this.view.x, y: this.view.y, shift: false });
  }

  /** Keeps the view in this tab and in the address, without asking the server. */
  moved() {
    const { view_parameter: parameter, points_url: url } = this.data;
    rememberView(parameter, url, this.view.isHome ? null : this.view.get(), this.picked);
  }

  // ---- drawing ----------------------------------------------------------------------------

  resize() {
    if (!this.data || !this.points) return;
    // Where it fills the window, the page's controls and the legend lie on it.
    const isEdge = this.data.margin > 0 && window.innerWidth > PHONE_PIXELS;
    this.root.classList.toggle("edge", isEdge);
    this.view.inset = isEdge ? EDGE_INSET : { top: 0, bottom: 0 };
    this.fit(1.15, 300);
    this.cornerHeight = this.corner.offsetHeight + 16;
    this.draw();
  }

  draw() {
    if (!this.data || !this.points) return;
    const ratio = window.devicePixelRatio || 1;
    const { overlays, axes } = this.data;
    const highlight = this.preview ?? this.data.highlight;
    const { view, theme, labels, focus, hovered, selected, crosshair, positions } = this;
    this.points.draw(view, ratio, {
      focus, muting: focus !== null || highlight !== null, grey: theme.muted,
      // A few hits among thousands must be visible; a class is large enough.
      boost: highlight && highlight.length < 2000 ? 2.1 : 1.2,
      size: sizeFor(this.points.count, view.magnification),
    });
    const scene = {
      view, theme, ratio, hovered, selected, crosshair, positions, labels, overlays, axes,
      corner: this.cornerHeight, contours: this.contours.shown,
      islands: this.loaded.xy ? islandsOf(view, this.data.home) : [],
      showLabels: focus === null && Boolean(this.loaded.xy),
      decoded: this.loaded.xy ? this.lattice.inView(view, this.onDots) : [],
    };
    this.pin.follow(scene);
    drawOverlay(this.pen, scene);
    this.placed = scene.placed ?? [];
    this.arrows = scene.arrows;
    this.decoded = scene.decoded;
    this.announcer.drawn();
  }

  destroy() {
    this.announcer.stop();
    window.removeEventListener("latent-path", this.onPath);
    this.lattice.stop();
    this.lens.stop();
    this.guide.stop();
    this.unlisten();
    this.unsubscribe();
    this.unreturn();
    super.destroy();
  }
}

export const mount = mounting(LatentMap);

function find(overlays, id) {
  return (overlays ?? []).find((item) => item.type === "path" && item.id === id);
}
