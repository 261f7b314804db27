// The tree of named regions: open one to see the finer ones within; a click leads the camera there.

import { make } from "./legend.js";

const ZOOMS = [1.6, 2.9, 6.2]; // at which names of each level are on the map

export class Regions {
  /** @param {LatentMap} map @param {HTMLButtonElement} button which shows and hides the tree */
  constructor(map, button) {
    Object.assign(this, { map, button, shown: null });
    this.card = make("section", "help regions");
    this.card.dataset.testid = "latent-map-regions";
    this.card.setAttribute("aria-label", "Regions of the map");
    this.card.hidden = true;
    map.stage.append(this.card);
    button.addEventListener("click", () => this.toggle());
    this.card.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.toggle();
    });
  }

  toggle() {
    this.card.hidden = !this.card.hidden;
    this.button.setAttribute("aria-expanded", String(!this.card.hidden));
    if (this.card.hidden) this.map.overlay.focus();
    else this.build();
  }

  /** The tree of the labels that the page sent; without any, there is no button. */
  update() {
    const { labels } = this.map;
    this.button.hidden = labels.length === 0;
    if (this.card.hidden && labels.length) return;
    if (labels.length) this.build();
    else this.card.hidden = true;
  }

  build() {
    const { labels } = this.map;
    const key = JSON.stringify(labels);
    if (this.shown !== key) {
      this.shown = key;
      this.card.replaceChildren(make("h3", "", "Regions"), this.list(0, -1));
    }
    this.card.querySelector("button")?.focus();
  }

  list(level, parent) {
    const list = make("ul");
    const { labels } = this.map;
    const here = labels.filter((label) => label.level === level
      && (level === 0 || label.parent === parent));
    for (const label of here.sort((a, b) => b.size - a.size)) {
      const item = make("li");
      const hasParts = labels.some((other) => other.level === level + 1 && other.parent === label.id);
      if (hasParts) item.append(this.opener(label, item));
      const go = make("button", "region", label.text);
      go.type = "button";
      go.append(make("span", "chip-count", label.size.toLocaleString("en")));
      go.addEventListener("click", () => this.go(label));
      item.append(go);
      list.append(item);
    }
    return list;
  }

  /** The button that opens a region: what is within is built when it is first asked for. */
  opener(label, item) {
    const button = make("button", "opener");
    button.type = "button";
    let parts = null;
    const set = (isOpen) => {
      if (isOpen && !parts) item.append((parts = this.list(label.level + 1, label.id)));
      if (parts) parts.hidden = !isOpen;
      button.textContent = isOpen ? "▾" : "▸";
      button.setAttribute("aria-expanded", String(isOpen));
      button.setAttribute("aria-label", `Regions within ${label.text}`);
    };
    button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
    set(false);
    return button;
  }

  /** Leads the camera to a region, beside the tree; where there is no room beside it, it closes. */
  go({ x, y, level, text }) {
    const { view, guide, announcer } = this.map;
    const zoom = ZOOMS[Math.min(level, ZOOMS.length - 1)] * view.home.zoom;
    const covered = this.card.offsetWidth;
    const hasRoom = covered < view.width / 2;
    if (!hasRoom) this.toggle();
    const aside = hasRoom ? (covered / 2 / view.scale) * (view.zoom / zoom) : 0;
    guide.travel(this.map, { x: x + aside, y, zoom });
    announcer.say(`At the region ${text}.`);
  }
}
