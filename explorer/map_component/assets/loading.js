// Binary files by address, each fetched once: a rerun during a fetch waits
// for the same answer.

import { ask } from "./ask.js";

export class Files {
  constructor() {
    this.slots = new Map();
  }

  /** The bytes at `url`; the slot keeps only its newest address. */
  get(slot, url) {
    const held = this.slots.get(slot);
    if (held?.url === url) return held.bytes;
    const bytes = fetchBytes(url);
    this.slots.set(slot, { url, bytes });
    bytes.catch(() => this.slots.delete(slot));
    return bytes;
  }
}

async function fetchBytes(url) {
  const response = await ask(url);
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return response.arrayBuffer();
}
