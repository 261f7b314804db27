// The camera of a playback: it keeps the cloud of the moment in sight, and the prior's circles
// with it. A cloud is judged beside those circles, so a collapse fills the view with an empty
// circle, however wide the cloud once was.

import { filled } from "./frames.js";

const STRAGGLERS = 0.005; // of the sentences, on each side: they shrink no view

export class Camera {
  /**
   * @param {View} view what is moved
   * @param {Float32Array} all x and y of every point at every snapshot, snapshot by snapshot
   * @param {number} snapshots how many
   * @param {object[]} ellipses the prior's circles; without any nothing tells the scale, so one
   *   box holds all moments
   */
  constructor(view, all, snapshots, ellipses) {
    this.view = view;
    const size = all.length / snapshots;
    const moments = ellipses.length
      ? Array.from({ length: snapshots }, (_, k) => all.subarray(k * size, (k + 1) * size))
      : [all];
    this.boxes = moments.map((places) => around(filled(places, STRAGGLERS), ellipses));
    this.follows = true;
  }

  /** The person moves the view from here on. */
  release() {
    this.follows = false;
  }

  /** Back to following, at a moment. */
  follow(position) {
    this.follows = true;
    this.seek(position);
  }

  seek(position) {
    if (!this.follows) return;
    const last = this.boxes.length - 1;
    const low = Math.min(Math.floor(position), last);
    const share = Math.min(position - low, 1);
    this.view.setBounds(blend(this.boxes[low], this.boxes[Math.min(low + 1, last)], share));
    this.view.reset();
  }
}

function around(box, ellipses) {
  const { left, right, bottom, top } = box;
  return {
    left: Math.min(left, ...ellipses.map(({ x, rx }) => x - rx)),
    right: Math.max(right, ...ellipses.map(({ x, rx }) => x + rx)),
    bottom: Math.min(bottom, ...ellipses.map(({ y, ry }) => y - ry)),
    top: Math.max(top, ...ellipses.map(({ y, ry }) => y + ry)),
  };
}

function blend(from, to, share) {
  return Object.fromEntries(
    Object.keys(from).map((side) => [side, from[side] + (to[side] - from[side]) * share]),
  );
}
