// Maps side by side that belong together: the class one brings out, the others bring out too.

const EVENT = "latent-link";

/** Notifies the other maps of `link` of a change on the map `from`. */
export function tell(link, from, change) {
  if (link) window.dispatchEvent(new CustomEvent(EVENT, { detail: { ...change, link, from } }));
}

/** Calls `on(change)` for changes on other maps of the same link; returns an unsubscriber. */
export function hear(map, linkOf, on) {
  const heard = ({ detail }) => {
    if (detail.from !== map && detail.link === linkOf()) on(detail);
  };
  window.addEventListener(EVENT, heard);
  return () => window.removeEventListener(EVENT, heard);
}
