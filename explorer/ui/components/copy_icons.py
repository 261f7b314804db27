"""Copies a sentence of the page: a script for the buttons of `escaping.COPY`."""

SCRIPT = """<script>
(() => {
  if (window.copiesSentences) return;
  window.copiesSentences = true;
  const SAID_MS = 1600;
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy-words");
    if (!button) return;
    const words = button.parentElement.cloneNode(true);
    for (const extra of words.querySelectorAll("button, .count, mark.end")) extra.remove();
    const name = button.getAttribute("aria-label");
    const say = (text, state) => {
      button.setAttribute("aria-label", text);
      button.dataset.state = state;
    };
    try {
      await navigator.clipboard.writeText(words.textContent.trim());
      say("Copied", "done");
    } catch {
      say("This browser does not allow copying", "failed");
    }
    setTimeout(() => say(name, ""), SAID_MS);
  });
})();
</script>"""
