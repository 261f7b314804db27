// The current time: a position between the first snapshot (0) and the last, which plays, pauses
// and is set.

const WHOLE_SECONDS = 12; // of a play at speed 1
const FASTEST = 4; // snapshots a second at speed 1
const LONGEST_STEP = 0.25; // seconds: after a pause of the browser, nothing is skipped

export class Clock {
  /** @param {() => void} onTick called whenever the position or the state has changed */
  constructor(onTick) {
    this.onTick = onTick;
    this.last = 0;
    this.position = 0;
    this.speed = 1;
    this.ticks = 0;
    this.frame = null;
  }

  get playing() {
    return this.frame !== null;
  }

  seek(position) {
    this.position = Math.min(Math.max(position, 0), this.last);
    this.onTick();
  }

  /** Stop, and show another moment. */
  jump(position) {
    this.pause();
    this.seek(position);
  }

  /** To the snapshot after (1) or before (-1) this moment. */
  step(way) {
    const near = way > 0 ? Math.floor(this.position + 1e-6) : Math.ceil(this.position - 1e-6);
    this.jump(near + way);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.playing || this.last <= 0) return;
    if (this.position >= this.last) this.position = 0;
    let before = null;
    const rate = Math.min(this.last / WHOLE_SECONDS, FASTEST);
    const tick = (now) => {
      const seconds = before === null ? 0 : Math.min((now - before) / 1000, LONGEST_STEP);
      before = now;
      this.ticks++;
      this.position = Math.min(this.position + seconds * rate * this.speed, this.last);
      if (this.position >= this.last) this.pause();
      else {
        this.frame = requestAnimationFrame(tick);
        this.onTick();
      }
    };
    this.frame = requestAnimationFrame(tick);
    this.onTick();
  }

  pause() {
    if (!this.playing) return;
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.onTick();
  }
}
