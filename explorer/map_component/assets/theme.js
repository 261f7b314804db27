// Colours and type of the page around the map, read from Streamlit's CSS variables.

const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const pen = canvas.getContext("2d", { willReadFrequently: true });

/** Any CSS colour as [red, green, blue, alpha], 0–255. */
export function parseColour(text) {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = "#888";
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
}

export function readTheme(element) {
  const style = getComputedStyle(element);
  const value = (name, otherwise) => {
    const found = style.getPropertyValue(name).trim();
    return found && found !== "unset" ? found : otherwise;
  };
  const background = value("--st-background-color", "#ffffff");
  const [red, green, blue] = parseColour(background);
  const dark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  return {
    dark,
    background,
    text: value("--st-text-color", dark ? "#fafafa" : "#31333f"),
    primary: value("--st-primary-color", "#ff4b4b"),
    border: value("--st-border-color", dark ? "#41444c" : "#d5dae5"),
    font: value("--st-font", "sans-serif"),
    none: dark ? [118, 124, 136, 150] : [150, 155, 166, 170],
    muted: dark ? [0.5, 0.52, 0.57, 0.28] : [0.55, 0.57, 0.61, 0.3],
  };
}
