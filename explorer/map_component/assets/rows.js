// Rows of the map as the page sends them: a list, or a bit each in base64.

/** @param {number[] | {bits: string} | null} sent */
export function rowsOf(sent) {
  if (!sent || Array.isArray(sent)) return sent ?? null;
  const bytes = Uint8Array.from(atob(sent.bits), (letter) => letter.charCodeAt(0));
  const rows = [];
  bytes.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) rows.push(8 * at + bit);
  });
  return rows;
}
