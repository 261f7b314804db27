// What a key means on the map.

const PAN = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ZOOM = { "+": 1.4, "=": 1.4, "-": 1 / 1.4, _: 1 / 1.4 };

/** @returns {{pan?: number[], zoom?: number, home?: boolean, pick?: boolean, clear?: boolean, help?: boolean} | null} */
export function meaning(key, shift) {
  const step = shift ? 10 : 50;
  if (PAN[key]) return { pan: PAN[key].map((way) => way * step) };
  if (ZOOM[key]) return { zoom: ZOOM[key] };
  if (key === "0" || key === "Home") return { home: true };
  if (key === "Enter" || key === " ") return { pick: true };
  if (key === "?") return { help: true };
  return key === "Escape" ? { clear: true } : null;
}
