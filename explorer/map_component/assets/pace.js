// A crowd of points where drawing is slow, as without a graphics card: every so many of them while
// the view moves, all of them once it rests.

const CROWD = 150000; // points; fewer are always drawn whole
const THINNED = 60000; // points drawn of a crowd that moves
const MAX_STEP = 31; // an attribute may skip 255 bytes, and a position has eight
const SLOW_MS = 30;
const REST_MS = 180;

export class Pace {
  /** `onRest` is called once the view has rested. */
  constructor(onRest) {
    this.onRest = onRest;
    this.cost = null; // milliseconds to draw all points
    this.shown = null;
    this.resting = null;
  }

  /** Of how many points one is drawn in this view. */
  step({ x, y, scale }, count) {
    const shown = `${x} ${y} ${scale}`;
    const isMoving = this.shown !== null && shown !== this.shown;
    this.shown = shown;
    if (count < CROWD || this.cost === null || this.cost < SLOW_MS) return 1;
    if (isMoving) {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => {
        this.resting = null;
        this.onRest();
      }, REST_MS);
    }
    return this.resting === null ? 1 : Math.min(Math.ceil(count / THINNED), MAX_STEP);
  }

  /** Draws; the first time that a whole crowd is drawn, waits for it and notes the cost. */
  timed(gl, count, draw) {
    if (count < CROWD || this.cost !== null) {
      draw();
      return;
    }
    const start = performance.now();
    draw();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    this.cost = performance.now() - start;
  }

  stop() {
    clearTimeout(this.resting);
  }
}
