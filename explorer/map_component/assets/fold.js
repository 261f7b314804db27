// On a narrow screen the tools of the map are behind one button; a wide one shows them all.

/**
 * @param {HTMLElement} corner the column of buttons
 * @param {HTMLButtonElement} opener shown on a narrow screen alone
 * @param {HTMLButtonElement[]} tools what it opens
 */
export function fold(corner, opener, tools) {
  const isNarrow = () => opener.getClientRects().length > 0;
  const show = (isOpen) => {
    corner.classList.toggle("open", isOpen);
    opener.setAttribute("aria-expanded", String(isOpen));
  };
  opener.addEventListener("click", () => show(!corner.classList.contains("open")));
  for (const tool of tools) {
    tool.classList.add("tool");
    tool.addEventListener("click", () => {
      if (!isNarrow()) return;
      const hadFocus = tool.matches(":focus");
      show(false);
      if (hadFocus) opener.focus();
    });
  }
  corner.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !corner.classList.contains("open")) return;
    show(false);
    opener.focus();
    event.stopPropagation();
  });
  show(false);
  corner.append(opener, ...tools);
}
