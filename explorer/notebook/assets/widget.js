// The map as a notebook widget. A notebook loads one module: this follows the map's, `bundle`.

/** Questions to the kernel, which answers each in a message of its own. */
function conversation(model) {
  const sent = new Set();
  const talk = new $conversation.Conversation((questions) => {
    for (const question of questions.filter(({ question }) => !sent.has(question))) {
      sent.add(question.question);
      model.send(question);
    }
  });
  model.on("msg:custom", ({ answer, status, text }, buffers) => {
    talk.answered(answer, buffers?.length ? buffers[0] : text, status);
  });
  return (url, options) => talk.ask(url, options);
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
  sheet.textContent = styles.map;
  const parent = document.createElement("div");
  parent.className = "embedded";
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
