// Copies text to the clipboard, and says so.

const SAID_MS = 1600;

/**
 * Makes a click on `button` copy what `textOf` returns. Where the browser allows no copying, as on
 * a page without HTTPS, the button says so.
 * @param {HTMLButtonElement} button its title is the action, its text the sign
 * @param {() => string} textOf
 * @param {(text: string) => void} say
 */
export function copies(button, textOf, say) {
  const sign = [...button.childNodes];
  let timer;
  button.addEventListener("click", async () => {
    let mark = "✓";
    try {
      await navigator.clipboard.writeText(textOf());
      say("Copied.");
    } catch {
      mark = "✕";
      say("This browser does not allow copying.");
    }
    button.replaceChildren(mark);
    clearTimeout(timer);
    timer = setTimeout(() => button.replaceChildren(...sign), SAID_MS);
  });
}
