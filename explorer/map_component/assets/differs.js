// Whether two pieces of data from the page differ; nothing and null are the same.

export function differs(a, b) {
  return JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
}
