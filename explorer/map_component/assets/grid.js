// Which point is under the pointer: points sorted into square cells, so that a look-up reads a
// few cells instead of every point.

export class Grid {
  /** @param {Float32Array} xy x and y of every point, interleaved */
  constructor(xy) {
    this.xy = xy;
    const n = xy.length / 2;
    const box = bounds(xy);
    this.left = box.left;
    this.bottom = box.bottom;
    const area = Math.max((box.right - box.left) * (box.top - box.bottom), 1e-12);
    const longest = Math.max(box.right - box.left, box.top - box.bottom, 1e-9);
    this.cell = Math.max(Math.sqrt((area * 4) / Math.max(n, 1)), longest / 2000);
    this.columns = Math.floor((box.right - box.left) / this.cell) + 1;
    this.rows = Math.floor((box.top - box.bottom) / this.cell) + 1;
    this.start = new Uint32Array(this.columns * this.rows + 1);
    this.order = new Uint32Array(n);
    this.fill(n);
  }

  fill(n) {
    const cellOf = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      cellOf[i] = this.row(this.xy[2 * i + 1]) * this.columns + this.column(this.xy[2 * i]);
      this.start[cellOf[i] + 1]++;
    }
    for (let c = 1; c < this.start.length; c++) this.start[c] += this.start[c - 1];
    const next = this.start.slice();
    for (let i = 0; i < n; i++) this.order[next[cellOf[i]]++] = i;
  }

  column(x) {
    return Math.min(Math.max(Math.floor((x - this.left) / this.cell), 0), this.columns - 1);
  }

  row(y) {
    return Math.min(Math.max(Math.floor((y - this.bottom) / this.cell), 0), this.rows - 1);
  }

  /** Index of the nearest point within `radius` (data units) that `accepts`, or -1. */
  nearest(x, y, radius, accepts = () => true) {
    let best = -1;
    let bestSquare = radius * radius;
    for (let row = this.row(y - radius); row <= this.row(y + radius); row++) {
      const first = row * this.columns + this.column(x - radius);
      const last = row * this.columns + this.column(x + radius);
      for (let k = this.start[first]; k < this.start[last + 1]; k++) {
        const i = this.order[k];
        const square = (this.xy[2 * i] - x) ** 2 + (this.xy[2 * i + 1] - y) ** 2;
        if (square <= bestSquare && accepts(i)) {
          best = i;
          bestSquare = square;
        }
      }
    }
    return best;
  }
}

export function bounds(xy) {
  if (xy.length === 0) return { left: -1, right: 1, bottom: -1, top: 1 };
  const box = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let i = 0; i < xy.length; i += 2) {
    if (xy[i] < box.left) box.left = xy[i];
    if (xy[i] > box.right) box.right = xy[i];
    if (xy[i + 1] < box.bottom) box.bottom = xy[i + 1];
    if (xy[i + 1] > box.top) box.top = xy[i + 1];
  }
  return box;
}
