// The row under a playback: play, scrub, speed, and which sentences can be read over time.

import { make } from "./legend.js";

const SPEEDS = [["0.25", "¼×"], ["0.5", "½×"], ["1", "1×"], ["2", "2×"], ["4", "4×"]];

export class Controls {
  /** @param {{toggle, seek, step, speed, mark}} on the callbacks */
  constructor(on) {
    this.root = make("div", "controls");
    this.play = button("play");
    this.play.dataset.testid = "playback-play";
    this.play.addEventListener("click", on.toggle);
    this.scrub = make("input");
    this.scrub.type = "range";
    this.scrub.min = "0";
    this.scrub.step = "any";
    this.scrub.dataset.testid = "playback-scrub";
    this.scrub.setAttribute("aria-label", "Training time");
    this.scrub.addEventListener("input", () => on.seek(Number(this.scrub.value)));
    this.scrub.addEventListener("keydown", (event) => {
      // A step of a slider without steps would be a hundredth; a step here is a snapshot.
      const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (way) on.step(way);
      else if (event.key === " ") on.toggle();
      else return;
      event.preventDefault();
    });
    const speed = make("label", "speed", "Speed ");
    this.speed = make("select");
    for (const [value, name] of SPEEDS) {
      const option = make("option", "", name);
      option.value = value;
      option.selected = value === "1";
      this.speed.append(option);
    }
    this.speed.addEventListener("change", () => on.speed(Number(this.speed.value)));
    speed.append(this.speed);
    this.mark = button("plain");
    this.mark.dataset.testid = "playback-reconstructed";
    this.mark.addEventListener("click", on.mark);
    const row = make("div", "row");
    row.append(this.play, this.scrub, speed);
    this.moment = make("p", "moment");
    this.moment.dataset.testid = "playback-moment";
    const second = make("div", "second");
    second.append(this.moment, this.mark);
    this.root.append(row, second);
    this.setPlaying(false);
  }

  setLast(last) {
    this.scrub.max = String(last);
    this.play.disabled = last <= 0;
  }

  setPlaying(playing) {
    const name = playing ? "Pause" : "Play";
    this.play.textContent = playing ? "❚❚" : "▶";
    this.play.title = `${name} (space)`;
    this.play.setAttribute("aria-label", name);
  }

  setReconstructed(count, marked) {
    this.mark.hidden = count === 0;
    this.mark.textContent = `Show the ${count} sentences with recorded reconstructions`;
    this.mark.setAttribute("aria-pressed", String(marked));
  }

  show(position, moment, spoken) {
    this.scrub.value = String(position);
    const share = (100 * position) / Math.max(Number(this.scrub.max), 1e-9);
    this.scrub.style.setProperty("--share", `${share}%`);
    if (this.moment.textContent === moment) return;
    this.moment.textContent = moment;
    this.scrub.setAttribute("aria-valuetext", spoken);
  }
}

function button(className) {
  const element = make("button", className);
  element.type = "button";
  return element;
}
