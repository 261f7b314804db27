// Which words of a sentence are new against another one: what is not in their longest common
// subsequence.

/** @returns {{word: string, changed: boolean}[]} the words of `now` */
export function changedWords(before, now) {
  const old = split(before);
  const words = split(now);
  const common = table(old, words);
  const kept = new Set();
  let [i, j] = [0, 0];
  while (i < old.length && j < words.length) {
    if (old[i] === words[j]) {
      kept.add(j);
      i++;
      j++;
    } else if (common[i + 1][j] >= common[i][j + 1]) i++;
    else j++;
  }
  return words.map((word, k) => ({ word, changed: !kept.has(k) }));
}

function split(text) {
  return text.split(/\s+/).filter(Boolean);
}

/** common[i][j]: length of the longest common subsequence of old[i:] and words[j:]. */
function table(old, words) {
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(words.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = words.length - 1; j >= 0; j--) {
      common[i][j] = old[i] === words[j]
        ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  return common;
}
