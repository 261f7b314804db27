// The map's elements. Built once a mount; everything that changes is set as text or attribute.

import { make } from "./legend.js";

const INSTRUCTIONS = "Arrow keys pan, plus and minus zoom, zero shows everything except far outliers, Enter picks "
  + "what is under the circle in the middle, Escape clears, Z undoes. If selections are available, S selects "
  + "the region of that sentence.";
const HOME = "M2.5 7.5 8 3l5.5 4.5M4 6.8V13h8V6.8";
const LINK = "M6.5 9.5l3-3M7 5l1.6-1.6a2.7 2.7 0 0 1 3.9 3.9L10.9 9M9 11l-1.6 1.6a2.7 2.7 0 0 1-3.9-3.9L5.1 7";
const LASSO = "M5.2 10.6C3.3 9.9 2 8.6 2 7c0-2.5 2.7-4.3 6-4.3S14 4.5 14 7s-2.7 4.3-6 4.3c-.6 0-1.2-.1-1.8-.2M5.2 10.6a1.5 1.5 0 1 0 1 .5M5 12.2c0 1-.6 1.6-1.6 1.8";
const CONTOURS = "M8 8.6a.9.9 0 1 0 0-1.3.9.9 0 0 0 0 1.3M8 11c2.2 0 3.6-1.2 3.6-2.9S10.300 4.700 8.300 4.700 4.500 6 4.500 8 5.800 11 8 11M8.200 13.800c3.600 0 6-2.200 6-5.600S11.600 2.200 8.200 2.200 1.900 4.600 1.900 8.100s2.700 5.700 6.300 5.700";
const TREE = "M2.500 3h3v2.500h-3zM9 6.800h4.500v2.400H9zM9 11.500h4.500v2.400H9zM4 5.500v7.200h5M4 8h5";
const RECTANGLE = "M2.5 5V3.2h2M7 3.2h2M11.5 3.2h2V5M13.5 7v2M13.5 11v1.8h-2M9 12.8H7M4.5 12.8h-2V11M2.5 9V7";
const COPY = "M5.5 5.5V3h7.5v7.5h-2.5M3 5.5h7.5V13H3z";

export function frame(parent) {
  const root = make("div", "latent-map");
  const stage = make("div", "stage");
  const canvas = make("canvas");
  canvas.setAttribute("aria-hidden", "true");
  const overlay = make("canvas", "overlay");
  overlay.dataset.testid = "latent-map";
  overlay.tabIndex = 0;
  overlay.setAttribute("role", "application");
  overlay.setAttribute("aria-roledescription", "map");
  overlay.setAttribute("aria-describedby", "latent-map-keys");
  const keys = make("span", "unseen", INSTRUCTIONS);
  keys.id = "latent-map-keys";
  const tip = make("div", "tip");
  tip.dataset.testid = "latent-map-tip";
  tip.hidden = true;
  const pinBox = make("div", "tip pin");
  pinBox.dataset.testid = "latent-map-pin";
  pinBox.hidden = true;
  const box = make("div", "drawn-box");
  box.hidden = true;
  const live = make("div", "unseen");
  live.setAttribute("aria-live", "polite");
  live.dataset.testid = "latent-map-live";
  const list = make("ul", "unseen");
  list.setAttribute("aria-label", "Sentences decoded here");
  list.dataset.testid = "latent-map-decoded";
  list.hidden = true;
  const message = make("div", "message", "Loading the map …");
  message.dataset.testid = "latent-map-message";
  const corner = make("div", "buttons");
  const buttons = {
    in: button("Zoom in", "+"), out: button("Zoom out", "−"), home: button("Show everything"),
  };
  buttons.home.append(icon(HOME));
  corner.append(...Object.values(buttons));
  stage.append(canvas, overlay, box, corner, message, pinBox, tip, keys, live, list);
  const legend = make("div", "legend");
  legend.dataset.testid = "latent-map-legend";
  const foot = make("div", "foot");
  const caption = make("span");
  const axesLine = make("span");
  foot.append(caption, axesLine);
  root.append(stage, legend, foot);
  parent.append(root);
  return {
    root, stage, canvas, overlay, box, pinBox, tip, live, list, message, corner, buttons, legend,
    caption, axesLine,
  };
}

/** Buttons of a map that opens links: tools to select, help, its address, the words pinned to it. */
export function moreButtons() {
  const share = button("Copy a link to this view");
  share.className = "share";
  share.append(icon(LINK));
  const copy = button("Copy this text");
  copy.className = "copy";
  copy.append(icon(COPY));
  const lasso = button("Select with a lasso (L, or Shift and drag)");
  lasso.append(icon(LASSO));
  const rectangle = button("Select with a rectangle (R)");
  rectangle.append(icon(RECTANGLE));
  const contours = button("Density contours around 25, 50, 70 and 90 % of the sentences (D)");
  contours.append(icon(CONTOURS));
  const regions = button("Regions: open one to see its subregions (T)");
  regions.append(icon(TREE));
  regions.setAttribute("aria-expanded", "false");
  const opener = button("Tools: select, contours, regions, help", "⋯");
  opener.className = "opener";
  const help = button("Keys and a short tour", "?");
  return { contours, regions, help, share, copy, lasso, rectangle, opener };
}

function button(name, sign = "") {
  const element = make("button", "", sign);
  element.type = "button";
  element.title = name;
  element.setAttribute("aria-label", name);
  return element;
}

function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
