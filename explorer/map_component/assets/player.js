// The playback: the same sentences on one plane while the model was trained. Everything between
// two reruns happens here: the server is asked for the places once, and for a sentence when one
// is hovered or pinned.

import { Camera } from "./camera.js";
import { Clock } from "./clock.js";
import { Controls } from "./controls.js";
import { Frames } from "./frames.js";
import { listen } from "./gestures.js";
import { mounting } from "./mounting.js";
import { drawOverlay } from "./overlay.js";
import { Pinned } from "./pinned.js";
import { gestures, KEYS, PICK_PIXELS } from "./player_input.js";
import { paletteOf, sizeFor } from "./points.js";
import { forgetAddress, writeAddress } from "./remember.js";
import { Surface } from "./surface.js";
import { readTheme } from "./theme.js";
import { short, Timeline } from "./timeline.js";
import { drawTrail } from "./trail.js";

const TELL_MS = 600; // later than the address is written, which the rerun sends along

class Player extends Surface {
  constructor(parent) {
    super(parent, Frames, "player");
    this.root.classList.add("player");
    this.overlay.dataset.testid = "playback-map";
    this.stage.querySelector("#latent-map-keys").textContent = KEYS;
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.clock = new Clock(() => this.ticked());
    this.controls = new Controls({
      toggle: () => this.clock.toggle(),
      seek: (position) => this.clock.jump(position),
      step: (way) => this.clock.step(way),
      speed: (speed) => (this.clock.speed = speed),
      mark: () => this.mark(!this.marked),
    });
    this.timeline = new Timeline((epoch) => this.clock.jump(this.positionOf(epoch)));
    this.pinned = new Pinned(() => this.pin(-1));
    this.stage.after(this.controls.root, this.timeline.root, this.pinned.root);
    Object.assign(this, { hovered: -1, index: -1, row: null, marked: false, drawn: 0 });
    this.unlisten = listen(this.overlay, gestures(this));
    this.wireButtons((change) => () => this.look(change), () => this.home());
    this.exposeForTests();
  }

  // ---- data from the page -----------------------------------------------------------------

  update({ data, setStateValue }) {
    const before = this.data ?? {};
    this.data = data;
    this.setState = setStateValue;
    this.theme = readTheme(this.root);
    this.root.classList.toggle("dark", this.theme.dark);
    this.overlay.setAttribute("aria-label", data.description);
    this.caption.textContent = data.caption;
    this.axesLine.textContent = "";
    this.sentences.setUrl(data.sentence_url);
    if (!this.points) {
      this.reportMissing();
      return;
    }
    if (before.colours_url !== data.colours_url) this.focus = null;
    this.controls.setReconstructed(data.reconstructed.length, this.marked);
    this.drawLegend();
    this.resize();
    this.load(data);
  }

  async load(data) {
    let places, kinds;
    try {
      [places, kinds] = await Promise.all([
        this.files.get("places", data.frames_url), this.files.get("colours", data.colours_url),
      ]);
    } catch (error) {
      this.say(`The snapshots could not be loaded (${error.message}). Reload the page.`);
      return;
    }
    if (this.data !== data) return;
    if (places !== this.places) this.begin(places);
    this.points.setKinds(new Uint8Array(kinds));
    this.points.setPalette(paletteOf(data.legend, data.kind, this.theme.none));
    this.applyMarks();
    if (data.asked && data.asked.serial !== this.handled) this.pin(data.asked.index);
    this.handled = data.asked?.serial;
    this.redraw();
  }

  begin(places) {
    const { snapshots, series, overlays, start, asked } = this.data;
    this.handled = asked?.serial; // a request to an earlier player
    this.places = places;
    const all = new Float32Array(places);
    this.points.setFrames(all, all.length / (2 * snapshots.length));
    const ellipses = overlays.filter(({ type }) => type === "ellipse");
    this.camera = new Camera(this.view, all, snapshots.length, ellipses);
    const home = ellipses.length ? "Follow the cloud" : "Show everything";
    this.buttons.home.title = home;
    this.buttons.home.setAttribute("aria-label", home);
    this.clock.last = snapshots.length - 1;
    this.controls.setLast(this.clock.last);
    this.timeline.set(series, snapshots.map(({ epoch }) => epoch));
    this.stage.dataset.loaded = String(this.points.count);
    this.message.hidden = true;
    this.reported = `${start.index} ${start.epoch.toFixed(3)}`; // the page knows the start
    this.clock.seek(this.positionOf(start.epoch));
    if (start.index >= 0) this.pin(start.index);
  }

  applyMarks() {
    const stands = new Uint8Array(this.points.count).fill(this.marked ? 0 : 1);
    if (this.marked) for (const i of this.data.reconstructed) stands[i] = 1;
    this.points.setStanding(stands);
  }

  // ---- time ---------------------------------------------------------------------------------

  /** The moment as it is drawn: whole snapshots only where motion is unwelcome. */
  get position() {
    const { position } = this.clock;
    return this.still.matches ? Math.floor(position + 1e-6) : position;
  }

  get epoch() {
    const [low, high, share] = this.points.between(this.position);
    const [from, to] = [low, high].map((snapshot) => this.data.snapshots[snapshot].epoch);
    return from + (to - from) * share;
  }

  positionOf(epoch) {
    const epochs = this.data.snapshots.map((snapshot) => snapshot.epoch);
    const after = epochs.findIndex((at) => at >= epoch);
    if (after < 0) return epochs.length - 1;
    if (after === 0) return 0;
    return after - 1 + (epoch - epochs[after - 1]) / (epochs[after] - epochs[after - 1]);
  }

  ticked() {
    this.controls.setPlaying(this.clock.playing);
    if (!this.places) return;
    if (this.clock.playing) this.tooltip.hide();
    else this.remember();
    if (this.position !== this.points.position || !this.drawn) this.show();
  }

  /** Draw at once: this already runs inside an animation frame while playing. */
  show() {
    const { position } = this;
    this.points.seek(position);
    this.camera.seek(position);
    const snapshot = Math.floor(position + 1e-6);
    const { share, variance } = this.data.snapshots[snapshot];
    const epoch = this.epoch.toFixed(2);
    const moment = `Epoch ${epoch} · snapshot ${snapshot + 1} of ${this.points.snapshots} · `
      + `variance of the means ${short(variance)} per dimension, `
      + `${(100 * share).toFixed(0)}% of it in this plane`;
    const figures = this.timeline.described(this.epoch);
    this.controls.show(this.clock.position, moment, `Epoch ${epoch}. ${figures}`);
    this.timeline.move(this.epoch);
    this.pinned.at(snapshot, `At epoch ${this.data.snapshots[snapshot].epoch.toFixed(2)} its reconstruction was:`);
    if (this.clock.playing) this.draw();
    else this.redraw();
  }

  /** For the address and for the page, a moment later: a hand that scrubs sends one message. */
  remember() {
    const epoch = this.epoch.toFixed(3);
    const isEnd = this.position >= this.clock.last; // where a link without an epoch starts
    writeAddress({ epoch: isEnd ? null : epoch, row: this.row });
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      const news = `${this.index} ${epoch}`;
      if (news === this.reported) return;
      this.reported = news;
      this.setState("shown", { index: this.index, epoch: Number(epoch) });
    }, TELL_MS);
  }

  // ---- events of the person -----------------------------------------------------------------

  at(left, top, pixels = PICK_PIXELS) {
    if (!this.places) return -1;
    const [x, y] = this.view.toData(left, top);
    const { focus, marked, points } = this;
    const reconstructed = new Set(marked ? this.data.reconstructed : []);
    return points.nearest(x, y, pixels / this.view.scale, (i) => (
      (focus === null || points.kinds[i] === focus) && (!marked || reconstructed.has(i))
    ));
  }

  hover(left, top) {
    if (this.clock.playing) return;
    const index = this.at(left, top);
    this.overlay.classList.toggle("on-point", index >= 0);
    if (index < 0) this.tooltip.hide();
    else this.tooltip.show(index, left, top, this.view.width, this.view.height);
    if (index !== this.hovered) this.redraw();
    this.hovered = index;
  }

  leave() {
    this.hovered = -1;
    this.tooltip.hide();
    this.redraw();
  }

  /** Pin a sentence, or none (-1), and say so to the page. */
  async pin(index) {
    if (!this.places) return;
    this.index = index < this.points.count ? index : -1;
    this.row = null;
    this.trail = this.index < 0 ? null : this.points.trailOf(this.index);
    this.pinned.clear();
    this.tooltip.hide();
    this.redraw();
    if (this.index < 0) {
      this.remember();
      this.live.textContent = "No sentence is pinned.";
      return;
    }
    const asked = this.index;
    const found = await this.sentences.get(asked);
    if (!found || asked !== this.index) return;
    this.row = String(found.row);
    this.pinned.set(found, this.missing());
    this.live.textContent = `Pinned: ${found.text}`;
    this.remember();
    this.show();
  }

  missing() {
    const count = this.data.reconstructed.length;
    if (!count) return "This training recorded no reconstructions.";
    return `Its reconstructions were not recorded; ${count} other sentences have them: use the `
      + "button above.";
  }

  mark(marked) {
    this.marked = marked;
    this.controls.setReconstructed(this.data.reconstructed.length, marked);
    this.applyMarks();
    this.redraw();
  }

  /** What the person does to the view; the camera lets go of it. */
  look(change) {
    if (!this.places) return;
    this.camera.release();
    change(this.view);
    this.redraw();
  }

  home() {
    if (!this.places) return;
    this.camera.follow(this.position);
    this.redraw();
  }

  cross(visible) {
    this.crosshair = visible;
    this.redraw();
  }

  // ---- drawing ------------------------------------------------------------------------------

  resize() {
    if (!this.data || !this.points) return;
    this.fit(1.05, 280);
    this.timeline.draw();
    this.draw();
  }

  redraw() {
    if (!this.clock.playing) super.redraw(); // else the next frame follows
  }

  draw() {
    if (!this.places) return;
    const { view, theme, points, focus, marked } = this;
    const ratio = window.devicePixelRatio || 1;
    points.draw(view, ratio, {
      focus, muting: focus !== null || marked, grey: theme.muted, boost: marked ? 1.7 : 1.2,
      size: sizeFor(points.count, view.magnification),
    });
    const { overlays, axes } = this.data;
    drawOverlay(this.pen, {
      view, theme, ratio, overlays, axes, labels: [], decoded: [], positions: new Map(), showLabels: false,
      hovered: this.hovered < 0 ? null : points.placeOf(this.hovered),
      selected: null, crosshair: this.crosshair,
    });
    if (this.trail) drawTrail(this.pen, { view, theme }, this.trail, this.position);
    this.drawn++;
  }

  exposeForTests() {
    this.overlay.toScreen = (x, y) => this.view.toScreen(x, y);
    this.overlay.placeOf = (index) => this.points.placeOf(index);
    Object.defineProperty(this.overlay, "state", {
      get: () => ({
        position: this.clock.position, playing: this.clock.playing, ticks: this.clock.ticks,
        drawn: this.drawn, pinned: this.index, points: this.points?.count ?? 0,
        follows: this.camera?.follows, scale: this.view.scale,
        snapshots: this.points?.snapshots ?? 0, webgl: Boolean(this.points?.gl),
      }),
    });
  }

  destroy() {
    this.clock.onTick = () => {};
    this.clock.pause();
    clearTimeout(this.announcing);
    forgetAddress(["epoch", "row"]); // another page's address does not hold this page's time
    this.unlisten();
    super.destroy();
  }
}

export const mount = mounting(Player);
