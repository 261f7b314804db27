// Points that move: the positions of every snapshot lie in one buffer on the graphics card, and two
// of them at a time are blended there. Playing uploads nothing.

import { Points } from "./points.js";

const FLOATS = 2;

export class Frames extends Points {
  begin() {
    super.begin();
    // After a lost context everything that was on the card has to travel again.
    if (this.all) this.setFrames(this.all, this.size);
  }

  /**
   * @param {Float32Array} all x and y of every point at every snapshot, snapshot by snapshot
   * @param {number} size points of a snapshot
   */
  setFrames(all, size) {
    this.all = all;
    this.size = size;
    this.upload("place", all, FLOATS, WebGL2RenderingContext.FLOAT);
    this.seek(this.position ?? 0);
  }

  stepIn() {
    return 1;
  }

  get count() {
    return this.size ?? 0;
  }

  get snapshots() {
    return this.size ? this.all.length / (FLOATS * this.size) : 0;
  }

  /** Show a time: 2.5 is half-way between the third and the fourth snapshot. */
  seek(position) {
    this.position = position;
    const gl = this.gl;
    if (!gl || !this.all) return;
    const [low, high, blend] = this.between(position);
    this.blend = blend;
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.place);
    for (const [name, snapshot] of [["place", low], ["later", high]]) {
      const location = gl.getAttribLocation(this.program, name);
      const bytes = snapshot * this.size * FLOATS * Float32Array.BYTES_PER_ELEMENT;
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, FLOATS, gl.FLOAT, false, 0, bytes);
    }
  }

  between(position) {
    const last = this.snapshots - 1;
    const low = Math.min(Math.max(Math.floor(position), 0), last);
    return [low, Math.min(low + 1, last), Math.min(Math.max(position - low, 0), 1)];
  }

  /** Where a point is at a moment, as it is drawn. */
  placeOf(index, position = this.position) {
    const [low, high, blend] = this.between(position);
    return [0, 1].map((axis) => {
      const at = (snapshot) => this.all[FLOATS * (snapshot * this.size + index) + axis];
      return at(low) + (at(high) - at(low)) * blend;
    });
  }

  /** The positions of one point at all snapshots. */
  trailOf(index) {
    return Array.from({ length: this.snapshots }, (_, snapshot) => this.placeOf(index, snapshot));
  }

  /** The point nearest to a position, within a radius, that `accepts`; or -1. */
  nearest(x, y, reach, accepts) {
    let [best, square] = [-1, reach * reach];
    for (let i = 0; i < this.count; i++) {
      const [left, up] = this.placeOf(i);
      const far = (left - x) ** 2 + (up - y) ** 2;
      if (far <= square && accepts(i)) [best, square] = [i, far];
    }
    return best;
  }
}

/** The extent of the points, without a fraction of the outermost on each side. */
export function filled(all, share) {
  const ends = (axis) => {
    const values = all.filter((_, i) => i % FLOATS === axis).sort();
    const at = (part) => values[Math.round(part * (values.length - 1))];
    return [at(share), at(1 - share)];
  };
  const [[left, right], [bottom, top]] = [ends(0), ends(1)];
  return { left, right, bottom, top };
}
