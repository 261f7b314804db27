// What the map and the playback are made on: two canvases that keep their size, points that need
// WebGL2, a legend, the buttons to zoom. `this.data` is the last data from the page.

import { frame } from "./frame.js";
import { buildLegend } from "./legend.js";
import { Files } from "./loading.js";
import { Sentences, Tooltip } from "./tooltip.js";
import { View } from "./view.js";

export class Surface {
  /** `Drawing` draws the points; `name` is for labels: "map". */
  constructor(parent, Drawing, name) {
    Object.assign(this, frame(parent));
    this.name = name;
    this.focus = null; // the class of points that the legend singles out
    this.counts = new Map(); // of points, by class
    this.view = new View();
    this.files = new Files();
    this.sentences = new Sentences();
    this.tooltip = new Tooltip(this.tip, this.sentences);
    this.pen = this.overlay.getContext("2d");
    try {
      if (isForcedOff()) throw new Error("switched off by the address");
      this.points = new Drawing(this.canvas, () => this.redraw());
    } catch (error) {
      console.warn(`The ${name} falls back to a drawing without WebGL2: ${error.message}`);
      this.points = null;
    }
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.stage);
    this.onWindow = () => this.resize(); // whose height the stage may follow
    window.addEventListener("resize", this.onWindow);
  }

  /** Tell Python until it knows: a message sent while mounting may be lost. */
  reportMissing() {
    this.say(`This browser has no WebGL2, which the ${this.name} needs.`);
    this.stage.style.height = "72px";
    this.root.classList.add("without-webgl");
    document.querySelector(".still-map")?.remove();
    clearTimeout(this.reporting);
    if (this.data.webgl_missing) return;
    const report = (wait) => {
      this.reporting = setTimeout(() => {
        this.setState("webgl", "missing");
        if (wait < 8000) report(wait * 2);
      }, wait);
    };
    report(60);
  }

  say(text) {
    this.message.textContent = text;
    this.message.hidden = false;
  }

  drawLegend() {
    buildLegend(this.legend, this.data, this.counts, this.focus, (id) => {
      this.focus = id;
      this.focused(id);
      this.drawLegend();
      this.legend.querySelector(`[data-id="${id}"]`)?.focus();
      this.redraw();
    }, this.selectsClass);
  }

  /** What selects the sentences of a class; null where nothing does. */
  get selectsClass() {
    return null;
  }

  /** The legend singled out a class, or none. */
  focused(id) {}

  /** `change` turns a change of the view into the action of a button. */
  wireButtons(change, home) {
    const zoom = (factor) => change((view) => view.zoomAt(...view.middle, factor));
    const does = { in: zoom(1.6), out: zoom(1 / 1.6), home };
    for (const [name, act] of Object.entries(does)) {
      this.buttons[name].addEventListener("click", act);
    }
  }

  /** The height from the page, or that of the window less a margin, but at most the fraction `share` of the width, or `least` pixels. */
  fit(share, least) {
    // On a phone a map as high as the screen would leave no page to hold on to.
    const tallest = Math.max(share * this.stage.clientWidth, least);
    const { height, margin } = this.data;
    const wanted = margin ? Math.max(height, window.innerHeight - margin) : height;
    this.stage.style.height = `${Math.round(Math.min(wanted, tallest))}px`;
    const { clientWidth, clientHeight } = this.stage;
    const ratio = window.devicePixelRatio || 1;
    this.view.resize(clientWidth, clientHeight);
    for (const canvas of [this.canvas, this.overlay]) {
      const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)];
      if (canvas.width !== width || canvas.height !== height) {
        canvas.width = width;
        canvas.height = height;
      }
    }
  }

  redraw() {
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.draw();
    });
  }

  destroy() {
    cancelAnimationFrame(this.waiting);
    clearTimeout(this.reporting);
    this.observer.disconnect();
    window.removeEventListener("resize", this.onWindow);
    this.tooltip.hide();
    this.points?.destroy();
    this.root.remove();
  }
}

function isForcedOff() {
  return new URLSearchParams(window.location.search).get("webgl") === "off";
}
