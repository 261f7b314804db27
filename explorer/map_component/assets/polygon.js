// Which points an outline encloses, by the even–odd rule: what Python answers, an instant earlier.

const BANDS = 256; // of the outline's height: a point is compared with the edges of its band

/**
 * @param {Float32Array} xy x and y of every point, interleaved
 * @param {[number, number][]} corners of the outline, in the same units
 * @returns {Uint8Array} 1 for each point inside
 */
export function inside(xy, corners) {
  const result = new Uint8Array(xy.length / 2);
  const [left, right] = ends(corners.map(([x]) => x));
  const [bottom, top] = ends(corners.map(([, y]) => y));
  const bandOf = (y) => Math.min(Math.floor(((y - bottom) / (top - bottom)) * BANDS), BANDS - 1);
  const bands = Array.from({ length: BANDS }, () => []);
  if (!(top > bottom)) return result;
  corners.forEach(([x0, y0], k) => {
    const [x1, y1] = corners[(k + 1) % corners.length];
    if (y0 === y1) return;
    const last = bandOf(Math.max(y0, y1));
    const edge = { x0, y0, y1, slope: (x1 - x0) / (y1 - y0) };
    for (let band = bandOf(Math.min(y0, y1)); band <= last; band++) bands[band].push(edge);
  });
  for (let i = 0; i < result.length; i++) {
    const [x, y] = [xy[2 * i], xy[2 * i + 1]];
    if (!(x >= left && x <= right && y >= bottom && y <= top)) continue;
    for (const { x0, y0, y1, slope } of bands[bandOf(y)]) {
      if (y0 > y !== y1 > y && x < x0 + (y - y0) * slope) result[i] ^= 1;
    }
  }
  return result;
}

/** What a new condition makes of a selection, as `joined` in Python; none counts as nothing. */
export function joined(before, mask, how) {
  if (!before) return how === "not" ? mask.map((is) => 1 - is) : mask;
  const join = {
    and: (is, was) => is & was, or: (is, was) => is | was, not: (is, was) => was & (1 - is),
  }[how];
  return join ? mask.map((is, i) => join(is, before[i])) : mask;
}

function ends(values) {
  return [Math.min(...values), Math.max(...values)];
}
