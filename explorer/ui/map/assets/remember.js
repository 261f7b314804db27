// Where the person looked: kept in this tab for a return to the page, and in the address for a
// link. Neither asks the server for a rerun; the next rerun sends the address along anyway.

const kept = new Map();
const WAIT_MS = 500;
let timer;
let addressRead = false;

/** The view to open `url` with. The address speaks once: for the map this tab was opened on. */
export function readView(parameter, url) {
  const here = kept.get(url);
  if (here) return here;
  if (!parameter || addressRead) return null;
  addressRead = true;
  const numbers = (new URLSearchParams(window.location.search).get(parameter) ?? "").split(",");
  const [x, y, zoom] = numbers.map(Number);
  return numbers.length === 3 && [x, y, zoom].every(Number.isFinite) ? { x, y, zoom } : null;
}

export function rememberView(parameter, url, view) {
  kept.set(url, view);
  if (!parameter) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const address = new URL(window.location.href);
    const text = [view.x, view.y, view.zoom].map((value) => Number(value.toPrecision(5))).join(",");
    // Written by hand: URLSearchParams would turn the commas into %2C.
    address.searchParams.delete(parameter);
    const rest = address.search ? `${address.search}&` : "?";
    const query = `${rest}${encodeURIComponent(parameter)}=${text}`;
    window.history.replaceState(window.history.state, "", address.pathname + query + address.hash);
  }, WAIT_MS);
}
