// The legend: a chip a class with its count, which a click highlights, or a bar for a ramp.
// Names are set as text: they may come from a corpus.

export function buildLegend(element, data, counts, focus, onFocus, onSelect = null) {
  const { legend, kind, legend_title: title } = data;
  element.replaceChildren();
  element.hidden = legend.length === 0;
  element.append(fold(element));
  if (title) element.append(make("span", "legend-title", title));
  if (kind === "ramp") {
    element.append(ramp(legend));
    return;
  }
  for (const entry of legend) {
    const chip = make("button", "chip");
    chip.type = "button";
    chip.dataset.id = entry.id;
    chip.setAttribute("aria-pressed", String(entry.id === focus));
    const dot = make("span", "dot");
    dot.style.background = entry.colour;
    chip.append(dot, make("span", "chip-name", entry.name));
    const count = counts.get(entry.id)?.toLocaleString("en");
    if (count) chip.append(make("span", "chip-count", count));
    const more = onSelect ? "; with Shift, select its sentences" : "";
    chip.title = `Highlight ${entry.name}${count ? ` (${count})` : ""}${more}`;
    chip.addEventListener("click", (event) => {
      if (event.shiftKey && onSelect) onSelect(entry.id);
      else onFocus(entry.id === focus ? null : entry.id);
    });
    element.append(chip);
  }
}

/** How many points are of each class. */
export function countsOf(kinds) {
  const counts = new Map();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** The button that unfolds a legend of one row. */
function fold(element) {
  const button = make("button", "legend-fold");
  button.type = "button";
  const set = (isOpen) => {
    element.classList.toggle("open", isOpen);
    button.textContent = isOpen ? "▾" : "▴";
    button.title = isOpen ? "Collapse the legend" : "Show the whole legend";
    button.setAttribute("aria-label", button.title);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  button.addEventListener("click", () => set(!element.classList.contains("open")));
  set(element.classList.contains("open"));
  return button;
}

function ramp(legend) {
  const box = make("span", "ramp");
  const bar = make("span", "ramp-bar");
  const last = Math.max(legend.at(-1)?.id ?? 1, 1);
  const stops = legend.map(({ id, colour }) => `${colour} ${(100 * id) / last}%`);
  bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const names = make("span", "ramp-names");
  for (const { name } of legend) names.append(make("span", "", name));
  box.append(bar, names);
  return box;
}

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}
