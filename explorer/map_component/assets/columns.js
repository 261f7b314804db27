// Columns of the sentences as bars: of all, and of the selected ones before them. A range is
// brushed, or set by two sliders; a category is a button. Text is shown as text.

import { make } from "./legend.js";
import { mounting } from "./mounting.js";

const SVG = "http://www.w3.org/2000/svg";
const WAIT_MS = 350; // after an arrow key, for the next one
const FEW = 6; // categories that are listed at first
const count = new Intl.NumberFormat("en");

function percent(part) {
  if (part === 0) return "0%";
  return part < 0.0995 ? `${(100 * part).toFixed(1)}%` : `${Math.round(100 * part)}%`;
}

function numbers(column, bin, sums) {
  const all = `${count.format(column.total[bin])} · ${percent(column.total[bin] / sums.total)}`;
  if (!column.selected) return all;
  const part = sums.selected ? column.selected[bin] / sums.selected : 0;
  return `${all} · selected ${count.format(column.selected[bin])} · ${percent(part)}`;
}

/** The height or length of each bar: the fraction of all, and of the selected ones. */
function fractions(column, sums) {
  const all = column.total.map((value) => value / Math.max(sums.total, 1));
  const selected = column.selected?.map((value) => value / Math.max(sums.selected, 1)) ?? null;
  const top = Math.max(...all, ...(selected ?? [0]), 1e-9);
  return { all: all.map((part) => part / top), selected: selected?.map((part) => part / top) };
}

class Histogram {
  constructor(send) {
    this.send = send;
    this.root = make("section", "column");
    this.head = make("div", "head");
    this.title = make("div", "title");
    this.range = make("span", "range");
    this.clear = make("button", "clear");
    this.clear.type = "button";
    this.clear.textContent = "Clear";
    this.clear.addEventListener("click", () => this.set(null));
    this.head.append(this.title, this.range, this.clear);
    this.chart = document.createElementNS(SVG, "svg");
    this.chart.setAttribute("preserveAspectRatio", "none");
    this.chart.setAttribute("role", "img");
    this.inputs = ["first", "last"].map((name) => {
      const input = make("input");
      input.type = "range";
      input.min = "0";
      input.step = "1";
      input.dataset.end = name;
      input.addEventListener("input", () => this.slide(name));
      input.addEventListener("change", () => this.later());
      return input;
    });
    const sliders = make("div", "sliders");
    sliders.append(make("i"), ...this.inputs);
    this.span = sliders.firstChild;
    this.foot = make("div", "foot");
    this.low = make("span");
    this.hover = make("span", "hover");
    this.high = make("span");
    this.foot.append(this.low, this.hover, this.high);
    this.root.append(this.head, this.chart, sliders, this.foot);
    this.brush();
  }

  update(column, sums) {
    this.column = column;
    this.sums = sums;
    const bins = column.total.length;
    this.title.textContent = column.unit ? `${column.title}, ${column.unit}` : column.title;
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", this.title.textContent);
    this.chart.setAttribute("viewBox", `0 0 ${bins} 1`);
    this.inputs.forEach((input) => (input.max = String(bins - 1)));
    this.low.textContent = column.edges[0];
    this.high.textContent = column.ends[bins - 1];
    const most = column.total.indexOf(Math.max(...column.total));
    const missing = column.missing ? `; ${count.format(column.missing)} without` : "";
    this.chart.setAttribute(
      "aria-label",
      `${column.title} from ${column.edges[0]} to ${column.ends[bins - 1]}, most often ` +
        `${this.words(most, most)}${missing}`,
    );
    this.hover.textContent = this.rest = column.missing
      ? `${count.format(column.missing)} without`
      : "";
    const { all, selected } = fractions(column, sums);
    this.chart.replaceChildren();
    this.shade = this.rectangle("shade", 0, bins, 1);
    all.forEach((part, bin) => this.rectangle("all", bin + 0.06, 0.88, part));
    selected?.forEach((part, bin) => this.rectangle("selected", bin + 0.06, 0.88, part));
    if (!this.timer && !this.drag) this.at = column.range;
    this.show();
  }

  rectangle(kind, x, width, height) {
    const shape = document.createElementNS(SVG, "rect");
    const sides = { class: kind, x, y: 1 - height, width, height };
    for (const [name, value] of Object.entries(sides)) shape.setAttribute(name, value);
    this.chart.append(shape);
    return shape;
  }

  /** A range of bins in words. */
  words(first, last) {
    const { edges, ends, unit } = this.column;
    const [low, high] = [edges[first], ends[last]];
    return `${low === high ? low : `${low} to ${high}`}${unit ? ` ${unit}` : ""}`;
  }

  show() {
    const bins = this.column.total.length;
    const [first, last] = this.at ?? [0, bins - 1];
    this.shade.setAttribute("x", first);
    this.shade.setAttribute("width", last - first + 1);
    this.root.classList.toggle("filtered", this.at !== null);
    this.range.textContent = this.at ? this.words(first, last) : "";
    this.clear.hidden = !this.at;
    this.clear.setAttribute("aria-label", `Clear the range of ${this.column.title}`);
    [first, last].forEach((bin, k) => {
      this.inputs[k].value = String(bin);
      const side = k ? "To" : "From";
      this.inputs[k].setAttribute("aria-label", `${side}: ${this.title.textContent}`);
      this.inputs[k].setAttribute("aria-valuetext", this.words(bin, bin));
    });
    this.span.style.left = `${(100 * first) / bins}%`;
    this.span.style.width = `${(100 * (last - first + 1)) / bins}%`;
  }

  slide(end) {
    let [first, last] = this.inputs.map((input) => Number(input.value));
    if (first > last) [first, last] = end === "first" ? [last, last] : [first, first];
    this.at = [first, last];
    this.show();
    this.later();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.set(this.at);
    }, WAIT_MS);
  }

  set(at) {
    clearTimeout(this.timer);
    this.timer = null;
    const bins = this.column.total.length;
    const isAll = !at || (at[0] === 0 && at[1] === bins - 1);
    this.at = isAll ? null : at;
    this.show();
    const before = this.column.range;
    if (String(before) !== String(this.at)) {
      this.send({ column: this.column.key, range: this.at });
    }
  }

  brush() {
    const bin = (event) => {
      const box = this.chart.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * this.column.total.length;
      return Math.min(Math.max(Math.floor(at), 0), this.column.total.length - 1);
    };
    this.chart.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.drag = bin(event);
      this.chart.setPointerCapture(event.pointerId);
    });
    this.chart.addEventListener("pointermove", (event) => {
      const here = bin(event);
      this.hover.textContent =
        `${this.words(here, here)}: ${numbers(this.column, here, this.sums)}`;
      if (this.drag === undefined) return;
      this.at = [Math.min(this.drag, here), Math.max(this.drag, here)];
      this.show();
    });
    this.chart.addEventListener("pointerup", (event) => {
      if (this.drag === undefined) return;
      const [from, to] = [this.drag, bin(event)];
      this.drag = undefined;
      this.set([Math.min(from, to), Math.max(from, to)]);
    });
    this.chart.addEventListener("pointercancel", () => {
      this.drag = undefined;
      this.at = this.column.range;
      this.show();
    });
    this.chart.addEventListener("pointerleave", () => (this.hover.textContent = this.rest));
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

class Categories {
  constructor(send) {
    this.send = send;
    this.root = make("section", "column");
    this.title = make("div", "title");
    this.list = make("div", "categories");
    this.more = make("button", "more");
    this.more.type = "button";
    this.more.addEventListener("click", () => {
      this.isLong = !this.isLong;
      this.update(this.column, this.sums);
    });
    this.root.append(this.title, this.list, this.more);
    this.rows = [];
  }

  update(column, sums) {
    this.column = column;
    this.sums = sums;
    this.root.setAttribute("role", "group");
    this.root.setAttribute("aria-label", column.title);
    this.title.textContent = column.title;
    const { all, selected } = fractions(column, sums);
    const shown = this.isLong ? column.names.length : Math.min(FEW, column.names.length);
    while (this.rows.length > shown) this.rows.pop().button.remove();
    while (this.rows.length < shown) this.rows.push(this.row(this.rows.length));
    this.rows.forEach(({ button, name, bars, value }, bin) => {
      name.textContent = column.names[bin] || "(empty)";
      button.setAttribute("aria-pressed", String(column.picked.includes(column.names[bin])));
      bars[0].style.width = `${100 * all[bin]}%`;
      bars[1].style.width = `${100 * (selected?.[bin] ?? 0)}%`;
      value.textContent = column.selected
        ? `${count.format(column.selected[bin])} of ${count.format(column.total[bin])}`
        : count.format(column.total[bin]);
      button.title = numbers(column, bin, sums);
    });
    const rest = column.names.length - FEW;
    const others = column.others ? ` (and ${count.format(column.others)} not listed)` : "";
    this.more.hidden = rest <= 0;
    this.more.textContent = this.isLong ? "Fewer" : `${rest} more${others}`;
    this.more.setAttribute("aria-expanded", String(Boolean(this.isLong)));
  }

  row(bin) {
    const button = make("button", "category");
    button.type = "button";
    const name = make("span", "name");
    name.dir = "auto";
    const box = make("span", "bars");
    const bars = [make("i", "all"), make("i", "selected")];
    box.append(...bars);
    const value = make("span", "value");
    button.append(name, value, box);
    button.addEventListener("click", () =>
      this.send({ column: this.column.key, name: this.column.names[bin] }),
    );
    this.list.append(button);
    return { button, name, bars, value };
  }

  destroy() {}
}

class Columns {
  constructor(parent) {
    this.root = make("div", "columns");
    this.root.dataset.testid = "columns";
    this.status = make("p", "status");
    this.status.setAttribute("aria-live", "polite");
    this.root.append(this.status);
    parent.append(this.root);
    this.views = new Map();
  }

  update({ data, setTriggerValue }) {
    this.trigger = setTriggerValue;
    const { total, selected } = data;
    this.status.textContent =
      selected === null
        ? `${count.format(total)} sentences: drag over bars, or click one, to select`
        : `${count.format(selected)} of ${count.format(total)} sentences are selected`;
    const keys = new Set(data.columns.map((column) => column.key));
    for (const [key, view] of this.views) {
      if (keys.has(key)) continue;
      view.destroy();
      view.root.remove();
      this.views.delete(key);
    }
    for (const column of data.columns) {
      let view = this.views.get(column.key);
      if (!view) {
        const Kind = column.names ? Categories : Histogram;
        view = new Kind((change) => this.trigger("change", change));
        this.views.set(column.key, view);
        this.root.append(view.root);
      }
      view.update(column, { total, selected });
    }
  }

  destroy() {
    this.views.forEach((view) => view.destroy());
    this.root.remove();
  }
}

export const mount = mounting(Columns);
