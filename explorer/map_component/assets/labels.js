// Names of clusters: which of them fit. The level follows the zoom, the largest clusters choose
// first, and a name that would lie on another one waits until the view is closer.

const MAX_WIDTH = 132;
const GAP = 5;
const LINES = 3;

/** Names as the page sends them: an array each, the id of a region being its index in its level. */
export function labelsOf(sent) {
  const counts = [];
  return sent.map(([x, y, text, level, size, parent = -1]) => {
    counts[level] = (counts[level] ?? -1) + 1;
    return { x, y, text, level, size, parent, id: counts[level] };
  });
}

/** The level of names that a magnification shows: the second from about 2.2 on, the third from 5. */
export function levelFor(zoom, levels) {
  return Math.min(Math.max(Math.floor(0.8 * Math.log2(Math.max(zoom, 1)) + 0.1), 0), levels - 1);
}

/**
 * Place the labels of one level without overlap.
 * @returns {{text: string, lines: string[], left: number, top: number, width: number, box: object}[]} centres, in pixels
 */
export function placeLabels(pen, labels, view, lineHeight, taken = []) {
  const levels = 1 + Math.max(0, ...labels.map((label) => label.level));
  const level = levelFor(view.magnification, levels);
  const boxes = [...taken];
  const placed = [];
  const wanted = labels.filter((label) => label.level === level)
    .sort((a, b) => b.size - a.size);
  for (const label of wanted) {
    const [left, top] = view.toScreen(label.x, label.y);
    if (left < 0 || top < 0 || left > view.width || top > view.height) continue;
    // In capitals, as maps name regions: sentences beside them are not.
    // A name in quotation marks is a sentence.
    const text = label.text.startsWith("“") ? label.text : label.text.toLocaleUpperCase();
    const lines = wrap(pen, text.replaceAll(" …", "\u00a0…"));
    const width = Math.max(...lines.map((line) => pen.measureText(line).width));
    const height = lines.length * lineHeight;
    const box = {
      left: Math.min(Math.max(left - width / 2, 4), view.width - width - 4),
      top: Math.min(Math.max(top - height / 2, 4), view.height - height - 4), width, height,
    };
    if (boxes.some((other) => overlap(box, other))) continue;
    boxes.push(box);
    placed.push({ text: label.text, lines, left: box.left + width / 2, top: box.top, width, box });
  }
  return placed;
}

/** Whether two boxes have less than a gap between them. */
export function overlap(a, b, gap = GAP) {
  return a.left < b.left + b.width + gap && b.left < a.left + a.width + gap
    && a.top < b.top + b.height + gap && b.top < a.top + a.height + gap;
}

const wrapped = new Map();

/** A text in the pen's font as at most three lines; "…" where it is longer. */
export function wrap(pen, text) {
  const key = `${pen.font}|${text}`;
  if (!wrapped.has(key)) {
    if (wrapped.size > 4000) wrapped.clear();
    wrapped.set(key, breakLines(pen, text));
  }
  return wrapped.get(key);
}

function breakLines(pen, text) {
  const lines = [];
  for (const word of text.split(/[^\S\u00a0]+/).filter(Boolean)) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && pen.measureText(longer).width <= MAX_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  const shown = lines.length ? lines.slice(0, LINES) : [""];
  if (lines.length > LINES) shown[LINES - 1] += " …";
  return shown.map((line) => shorten(pen, line));
}

function shorten(pen, line) {
  let letters = [...line];
  while (letters.length > 3 && pen.measureText(letters.join("")).width > MAX_WIDTH * 1.3) {
    letters = [...letters.slice(0, -2), "…"];
  }
  return letters.join("");
}
