// The map's own help: what the pointer and the keys do, and a tour of four steps.

import { make } from "./legend.js";

const ACTIONS = [
  ["Move", "decodes the location under the pointer; on a touch screen, press and slide"],
  ["Click, Enter", "pins the answer; Esc clears it, Back returns to the previous one"],
  ["Z", "undoes a pick; with Shift, redoes it; the faint line connects recent picks"],
  ["Drag, arrow keys", "pan; with Shift, in small steps"],
  ["Wheel, + and −", "zoom; 0 shows everything except far outliers"],
  ["Shift and drag", "selects sentences with a lasso; the dashed buttons do the same"],
  ["S", "selects the region of the sentence in the middle, or of the picked one"],
  ["D", "shows density contours"],
  ["T", "shows the tree of regions"],
  ["?", "opens and closes this list"],
];

const TOUR = [
  ["Every dot is a sentence", "The model encodes it as a point z in latent space. Sentences that are close "
    + "in z are drawn close to each other."],
  ["Move over the map", "On a dot: the sentence and its reconstruction from z. "
    + "Between the dots: what it decodes there, and how far away the nearest sentence is."],
  ["Click to pin an answer", "The panel shows what z contributes to each word, samples around z, "
    + "and the nearest sentences."],
  ["Explore further", "Type your own sentence. Paths and Arithmetic move through the same space; "
    + "Collapse shows whether a model uses z at all."],
];

export class Help {
  /** @param {HTMLElement} stage where the card is shown */
  constructor(stage) {
    this.card = make("section", "help");
    this.card.dataset.testid = "latent-map-help";
    this.card.setAttribute("aria-label", "Help with the map");
    this.card.hidden = true;
    stage.append(this.card);
  }

  toggle() {
    if (this.card.hidden) this.showKeys();
    else this.close();
  }

  showKeys() {
    const list = make("dl");
    for (const [keys, does] of ACTIONS) list.append(make("dt", "", keys), make("dd", "", does));
    this.fill("On this map", list, [["Take the tour", () => this.showStep(0)], ["Close", () => this.close()]]);
  }

  showStep(step) {
    const [title, text] = TOUR[step];
    const last = step === TOUR.length - 1;
    this.fill(`${step + 1} of ${TOUR.length} · ${title}`, make("p", "", text), [
      ...(last ? [] : [["Next", () => this.showStep(step + 1)]]), ["Close", () => this.close()],
    ]);
  }

  fill(title, body, actions) {
    const row = make("div", "help-actions");
    for (const [name, act] of actions) {
      const button = make("button", "plain-button", name);
      button.type = "button";
      button.addEventListener("click", act);
      row.append(button);
    }
    this.card.replaceChildren(make("h3", "", title), body, row);
    this.card.hidden = false;
    row.firstChild.focus();
  }

  close() {
    this.card.hidden = true;
  }
}
