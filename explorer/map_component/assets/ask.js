// How the map asks for what it was not given: over HTTP, or where there is no server of the app,
// as in a notebook, through what its host provides.

const hosts = new Map();

/**
 * Questions below the address `/name/` go to `answer` from now on.
 * @param {string} name
 * @param {(url: URL, options: RequestInit) => Promise<Response>} answer
 */
export function askThrough(name, answer) {
  hosts.set(name, answer);
}

/** The `Response` to an address, which is relative to the origin. */
export function ask(address, options = {}) {
  const url = new URL(address, window.location.origin);
  const answer = hosts.get(url.pathname.split("/")[1]) ?? fetch;
  return answer(url, options);
}
