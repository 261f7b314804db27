// Maps side by side that belong together: the class one brings out, the others bring out too.

const EVENT = "latent-link";

/** Notifies the other maps of `link` of a change on the map `from`. */
export function broadcast(link, from, change) {
  if (link) window.dispatchEvent(new CustomEvent(EVENT, { detail: { ...change, link, from } }));
}

/** Calls `on(change)` for changes on other maps of the same link; returns an unsubscriber. */
export function subscribe(map, linkOf, on) {
  const listener = ({ detail }) => {
    if (detail.from !== map && detail.link === linkOf()) on(detail);
  };
  window.addEventListener(EVENT, listener);
  return () => window.removeEventListener(EVENT, listener);
}
