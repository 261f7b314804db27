// The words of a sentence that are new against another one: those not in their longest common
// subsequence.

import { make } from "./legend.js";

// Knows words of scripts that are written without blanks, too.
const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/**
 * The words and signs of `now`, each with the white before it: joined they are the sentence.
 * @returns {{white: string, word: string, changed: boolean}[]}
 */
export function changedWords(before, now) {
  const old = split(before);
  const words = split(now);
  const common = table(old, words);
  const kept = new Set();
  let [i, j] = [0, 0];
  while (i < old.length && j < words.length) {
    if (old[i].word === words[j].word) {
      kept.add(j);
      i++;
      j++;
    } else if (common[i + 1][j] >= common[i][j + 1]) i++;
    else j++;
  }
  return words.map((piece, k) => ({ ...piece, changed: !kept.has(k) }));
}

/** Fill an element with `now`, with words that are not in `before` marked. */
export function showChanged(element, before, now) {
  element.replaceChildren();
  for (const { white, word, changed } of changedWords(before, now)) {
    const last = element.lastChild;
    if (changed && !white && last?.nodeName === "MARK") last.append(word);
    else element.append(white, changed ? make("mark", "", word) : word);
  }
}

function split(text) {
  const words = [];
  let white = "";
  for (const { segment } of segmenter.segment(text)) {
    if (!segment.trim()) white += segment;
    else {
      words.push({ white, word: segment });
      white = "";
    }
  }
  return words;
}

/** common[i][j]: length of the longest common subsequence of old[i:] and words[j:]. */
function table(old, words) {
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(words.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = words.length - 1; j >= 0; j--) {
      common[i][j] = old[i].word === words[j].word
        ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  return common;
}
