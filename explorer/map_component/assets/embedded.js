// The map on a page of another Streamlit app: what it would ask the app's server it asks in reruns.

import { askThrough } from "./ask.js";
import { Conversation } from "./conversation.js";
import { LatentMap } from "./map.js";
import { mounting } from "./mounting.js";

const AGAIN_MS = 1000; // a rerun can be lost to one that another part of the page starts

class EmbeddedMap {
  constructor(parent) {
    this.map = new LatentMap(parent);
    this.map.root.classList.add("embedded");
    this.event = null; // what was done last, until the page has heard of it
    this.conversation = new Conversation(() => this.send());
  }

  update({ data, setTriggerValue, setStateValue }) {
    this.trigger = setTriggerValue;
    if (this.name !== data.name) {
      this.name = data.name;
      askThrough(data.name, (url, options) => this.conversation.ask(url, options));
    }
    if (data.heard === this.event?.serial) this.event = null;
    for (const { question, status, text, bytes } of data.answers) {
      this.conversation.answered(question, bytes ? decoded(bytes) : text, status);
    }
    const spec = JSON.stringify(data.spec);
    if (spec === this.spec) return;
    this.spec = spec;
    this.map.update({ data: data.spec, setTriggerValue: (_, event) => this.act(event), setStateValue });
  }

  act(event) {
    this.event = event;
    this.send();
  }

  /** Sends what was done and asked, again and again until the page has heard all of it. */
  send(wait = AGAIN_MS) {
    clearTimeout(this.timer);
    const questions = this.conversation.unanswered();
    if (!this.event && !questions.length) return;
    this.trigger("message", { event: this.event, questions });
    this.timer = setTimeout(() => this.send(2 * wait), wait);
  }

  destroy() {
    clearTimeout(this.timer);
    this.map.destroy();
  }
}

const decoded = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

export const mount = mounting(EmbeddedMap);
