// How the map asks for what it was not given: over HTTP, or where there is no server of the app,
// as in a notebook, by whatever the host of the map provides.

let request = (url, options) => fetch(url, options);

/** The `Response` to an address of the app, relative to the origin. */
export function ask(url, options = {}) {
  return request(new URL(url, window.location.origin), options);
}

/** Answers from now on come from `answer(url, options)`, which returns a promise of a `Response`. */
export function askThrough(answer) {
  request = answer;
}
