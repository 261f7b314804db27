// Questions of a map that its host answers in any order, where no server of the app does.

const LOST_MS = 30000; // after which a question to a host that is gone fails

export class Conversation {
  /** @param {(questions: {question: number, ask: string, parameters: object}[]) => void} send
   *  Sends every question without an answer. */
  constructor(send) {
    this.send = send;
    this.waiting = new Map();
    this.last = 0;
  }

  /** A `Response` to an address; for `askThrough`. */
  ask(url, { signal } = {}) {
    return new Promise((resolve, reject) => {
      const number = ++this.last;
      const end = () => {
        clearTimeout(timer);
        this.waiting.delete(number);
      };
      const fail = (reason) => {
        end();
        reject(new Error(reason));
      };
      const timer = setTimeout(() => fail("no answer"), LOST_MS);
      signal?.addEventListener("abort", () => fail("request cancelled"));
      const question = { question: number, ask: url.pathname.split("/").pop(), parameters: Object.fromEntries(url.searchParams) };
      this.waiting.set(number, { question, settle: (response) => {
        end();
        resolve(response);
      } });
      this.ready ??= Promise.resolve().then(() => {
        this.ready = null;
        if (this.waiting.size) this.send(this.unanswered());
      });
    });
  }

  unanswered() {
    return [...this.waiting.values()].map(({ question }) => question);
  }

  /** The answer to a question; a second one is ignored. */
  answered(number, body, status) {
    this.waiting.get(number)?.settle(new Response(body, { status }));
  }
}
