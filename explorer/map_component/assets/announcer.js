// What a screen reader is told of the map: the answer to a key, and the decoded sentences as a list.

import { differs } from "./differs.js";
import { make } from "./legend.js";

const REST_MS = 350; // after the last key: intermediate sentences are not read out
const REACH = 18; // pixels around the middle in which a sentence counts as there

export class Announcer {
  /** @param {LatentMap} map whose `live` region and `list` are written */
  constructor(map) {
    this.map = map;
    this.isPending = false; // the middle is announced when its words arrive
  }

  /** Announces words, or a promise of them, in place of pending announcements. */
  async say(words) {
    clearTimeout(this.speaking);
    this.isPending = false;
    this.speech = words;
    const text = await words;
    if (this.speech === words) this.map.live.textContent = text;
  }

  /** Announces what is in the middle once the keys rest. */
  middleSoon() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => this.sayMiddle(), REST_MS);
  }

  sayMiddle() {
    this.say(this.middle());
    this.isPending = this.map.lattice.isOn && !this.map.decoded?.length;
  }

  async wordsOf(index) {
    const found = await this.map.sentences.get(index);
    return found ? found.text : `Point ${index}.`;
  }

  /** What is under the circle in the middle: a sentence or none, and what is decoded there. */
  async middle() {
    const { map } = this;
    const { view, lens, lattice, decoded } = map;
    const centre = view.middle;
    const index = map.at(...centre, REACH);
    const here = index < 0 ? "Empty location." : await this.wordsOf(index);
    if (lattice.isOn) {
      const [nearest] = decoded ?? []; // the positions nearest to the middle come first
      return nearest ? `${here} Decoded nearby: ${nearest.text}` : here;
    }
    const answer = index < 0 && lens.isOn ? lens.at(view, ...centre) : null;
    return answer ? `${here} Decoded here: ${answer.text}` : here;
  }

  /** The map was drawn: once it rests, its decoded sentences are listed. */
  drawn() {
    clearTimeout(this.listing);
    this.listing = setTimeout(() => this.listDecoded(), REST_MS);
    if (this.isPending && this.map.decoded.length) this.sayMiddle();
  }

  listDecoded() {
    const texts = this.map.decoded.map(({ text }) => text);
    if (!differs(texts, this.listed)) return; // a screen reader in the list keeps its position
    this.listed = texts;
    this.map.list.hidden = texts.length === 0;
    this.map.list.replaceChildren(...texts.map((text) => make("li", "", text)));
  }

  stop() {
    clearTimeout(this.speaking);
    clearTimeout(this.listing);
  }
}
