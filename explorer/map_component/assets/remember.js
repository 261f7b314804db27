// The view: stored in this tab for a return to the page, and in the address for a link. Neither
// starts a rerun; the next rerun sends the address anyway.

const views = new Map();
const WAIT_MS = 500;
const waiting = {};
let timer;
let addressRead = false;

// Back and Forward bring another address: its view counts, and what was to be written does not.
const returns = new Set();
window.addEventListener("popstate", () => {
  views.clear();
  addressRead = false;
  for (const name of Object.keys(waiting)) delete waiting[name];
  for (const moveBack of returns) moveBack();
});

/** Calls `moveBack` after Back or Forward; returns a function that ends that. */
export function onReturn(moveBack) {
  returns.add(moveBack);
  return () => returns.delete(moveBack);
}

/**
 * The view to open `url` with, and what was picked when this tab left it. The address is read
 * once: for the map that the tab was opened on.
 * @returns {[{x: number, y: number, zoom: number}, picked?: object | null] | null}
 */
export function readView(parameter, url) {
  const here = views.get(url);
  if (here) return here;
  if (!parameter || addressRead) return null;
  addressRead = true;
  const view = addressedView(parameter);
  return view && [view];
}

/** The view in the address; null for none. */
export function addressedView(parameter) {
  const numbers = (new URLSearchParams(window.location.search).get(parameter) ?? "").split(",");
  const [x, y, zoom] = numbers.map(Number);
  return numbers.length === 3 && [x, y, zoom].every(Number.isFinite) ? { x, y, zoom } : null;
}

/** Keeps a view; null is the first one, which needs no words in an address. */
export function rememberView(parameter, url, view, picked = null) {
  views.set(url, [view, picked]);
  if (!parameter) return;
  const numbers = view && [view.x, view.y, view.zoom].map((value) => Number(value.toPrecision(5)));
  writeAddress({ [parameter]: numbers && numbers.join(",") });
}

/** Brings parameters of the address up to date, a moment later; null takes one out. */
export function writeAddress(parameters) {
  Object.assign(waiting, parameters);
  clearTimeout(timer);
  const page = window.location.pathname;
  timer = setTimeout(() => {
    const address = new URL(window.location.href);
    if (address.pathname !== page) forgetAddress(Object.keys(waiting));
    for (const name of Object.keys(waiting)) address.searchParams.delete(name);
    const query = address.search.slice(1).split("&").filter(Boolean);
    for (const [name, text] of Object.entries(waiting)) {
      // Written by hand: URLSearchParams would turn the commas of a view into %2C.
      if (text !== null) query.push(`${encodeURIComponent(name)}=${text}`);
      delete waiting[name];
    }
    const search = query.length ? `?${query.join("&")}` : "";
    window.history.replaceState(window.history.state, "", address.pathname + search + address.hash);
  }, WAIT_MS);
}

/** Writes nothing any more about parameters whose page is being left. */
export function forgetAddress(names) {
  for (const name of names) delete waiting[name];
}
