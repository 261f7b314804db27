// The map as a notebook widget. A notebook loads one module: this follows the map's, `bundle`.

const LOST_MS = 30000; // after which a question to a kernel that is gone fails

/** Questions to the kernel, which answers in any order; for `askThrough`. */
function conversation(model) {
  const waiting = new Map();
  let last = 0;
  model.on("msg:custom", ({ answer, status, text }, buffers) => {
    const settle = waiting.get(answer);
    waiting.delete(answer);
    settle?.(new Response(buffers?.length ? buffers[0] : text, { status }));
  });
  return (url, { signal } = {}) => new Promise((resolve, reject) => {
    const number = ++last;
    const fail = (reason) => {
      waiting.delete(number);
      reject(new Error(reason));
    };
    const timer = setTimeout(() => fail("the kernel does not answer"), LOST_MS);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      fail("no longer asked");
    });
    waiting.set(number, (response) => {
      clearTimeout(timer);
      resolve(response);
    });
    model.send({ question: number, ask: url.pathname.split("/").pop(), parameters: Object.fromEntries(url.searchParams) });
  });
}

// Names of colours of the notebook, by name of the colour on a page of the app.
const THEME = {
  "--st-background-color": ["--jp-layout-color0", "--vscode-editor-background", "--background"],
  "--st-secondary-background-color": ["--jp-layout-color2", "--vscode-editorWidget-background"],
  "--st-text-color": ["--jp-ui-font-color1", "--vscode-editor-foreground", "--foreground"],
  "--st-border-color": ["--jp-border-color1", "--vscode-editorWidget-border"],
};
const LIGHT = ["#ffffff", "#f0f2f6", "#31333f", "#d5dae5"];
const DARK = ["#0e1117", "#262730", "#fafafa", "#41444c"];

/** The colours of the page around the map, for its style. */
function dress(host) {
  const style = getComputedStyle(document.body);
  const isDark = document.body.matches('[data-jp-theme-light="false"], .vscode-dark, .dark, .dark-theme');
  const plain = isDark ? DARK : LIGHT;
  Object.entries(THEME).forEach(([name, others], index) => {
    const known = others.map((other) => style.getPropertyValue(other).trim()).find(Boolean);
    host.style.setProperty(name, isColour(known) ? known : plain[index]);
  });
  host.style.setProperty("--st-primary-color", isDark ? "#ff6c6c" : "#c8262f");
  host.style.setProperty("--st-base-radius", "8px");
  host.style.setProperty("--st-font", style.getPropertyValue("--jp-ui-font-family").trim() || "system-ui, sans-serif");
}

const isColour = (text) => Boolean(text) && CSS.supports("color", text);

function render({ model, el }) {
  const host = document.createElement("div");
  host.dataset.lmSuppressShortcuts = "true"; // JupyterLab's keys are not those of the map
  el.append(host);
  dress(host);
  const root = host.attachShadow({ mode: "open" });
  const sheet = document.createElement("style");
  sheet.textContent = `${styles.map}\n.buttons .share { display: none; }`; // a notebook's address is not the map's
  const parent = document.createElement("div");
  root.append(sheet, parent);
  $ask.askThrough(model.get("_name"), conversation(model));
  let destroy;
  const show = () => {
    destroy = mounts.map({
      parentElement: parent,
      data: model.get("_spec"),
      setTriggerValue: (_, event) => model.send({ event }),
      setStateValue: () => {},
    });
  };
  model.on("change:_spec", show);
  show();
  return () => {
    model.off("change:_spec", show);
    parent.remove(); // which ends the map
    destroy();
  };
}

export default { render };
