// The answer pinned to a pick: what is known at once, then the page's own words.

import { Callout } from "./callout.js";
import { differs } from "./differs.js";
import { decodedWords } from "./lens.js";
import { arrowTo } from "./reveal.js";

export class AnswerPin extends Callout {
  /** @param {LatentMap} map whose selection it stands beside */
  constructor(map) {
    super(map.pinBox);
    this.map = map;
  }

  /** Pins what is known at once: the sentence of a point, or what the lens has read. */
  async showKnown() {
    const { picked, selected, lens, view, sentences } = this.map;
    if (!selected) return;
    let words = null;
    if (picked.row === undefined && lens.isOn) {
      const answer = lens.at(view, ...view.toScreen(picked.x, picked.y));
      words = answer && decodedWords(answer);
    } else if (picked.row !== undefined) words = await sentences.get(picked.row);
    if (words && !differs(this.map.picked, picked) && !this.isShown) this.show(words);
  }

  /** Pins the page's answer, which knows the decoding strategy. */
  showAnswer() {
    const { data, picked } = this.map;
    if (data.answer && picked) this.show(data.answer);
  }

  show(words) {
    this.set(words);
    this.map.redraw();
  }

  /** The pin goes where its selection is; out of view it waits. */
  follow(scene) {
    const { selected, view } = this.map;
    const at = selected && view.toScreen(selected.x, selected.y);
    const isOut = !at || Boolean(arrowTo(view, ...at));
    this.element.style.visibility = isOut ? "hidden" : "";
    if (isOut || !this.isShown) return;
    this.put(...at, view.width, view.height);
    scene.pinned = this.box;
  }
}
