// The sentence under the pointer, fetched on demand and cached. The text is set by textContent
// only: a sentence is data, whatever it contains.

const KEPT = 600;
const PAUSE_MS = 35;

export class Sentences {
  constructor() {
    this.url = "";
    this.kept = new Map();
  }

  setUrl(url) {
    if (url === this.url) return;
    this.url = url;
    this.kept.clear();
  }

  /** @returns {Promise<{text: string, note?: string} | null>} */
  get(index) {
    if (!this.url) return Promise.resolve(null);
    if (!this.kept.has(index)) {
      if (this.kept.size >= KEPT) this.kept.delete(this.kept.keys().next().value);
      const url = new URL(this.url, window.location.origin);
      url.searchParams.set("i", String(index));
      const answer = fetch(url)
        .then((response) => (response.ok ? response.json() : null))
        .catch(() => null);
      this.kept.set(index, answer);
      answer.then((found) => found ?? this.kept.delete(index));
    }
    return this.kept.get(index);
  }
}

export class Tooltip {
  constructor(element, sentences) {
    this.element = element;
    this.sentences = sentences;
    this.text = element.querySelector(".tip-text");
    this.note = element.querySelector(".tip-note");
    this.index = -1;
  }

  /** Show the sentence of a point beside (left, top), inside a box of `width` × `height`. */
  show(index, left, top, width, height) {
    this.put = () => {
      const box = this.element.getBoundingClientRect();
      const x = left + 14 + box.width > width ? left - 14 - box.width : left + 14;
      const y = top + 14 + box.height > height ? top - 10 - box.height : top + 14;
      this.element.style.transform = `translate(${Math.max(x, 4)}px, ${Math.max(y, 4)}px)`;
    };
    if (index === this.index) {
      if (!this.element.hidden) this.put();
      return;
    }
    this.hide();
    this.index = index;
    this.timer = setTimeout(async () => {
      const found = await this.sentences.get(index);
      if (!found || this.index !== index) return;
      this.text.textContent = found.text;
      this.note.textContent = found.note ?? "";
      this.element.hidden = false;
      this.put();
    }, PAUSE_MS);
  }

  hide() {
    clearTimeout(this.timer);
    this.index = -1;
    this.element.hidden = true;
  }
}
