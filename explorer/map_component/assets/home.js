// The first view: all points, without the islands that the page says lie far away; and the
// prior's ellipses, without which a collapsed run looks rich.

import { bounds } from "./grid.js";

/** Tells `view` what there is, and what it shows first. */
export function setHome(view, xy, { home, overlays }) {
  const whole = withEllipses(bounds(xy), overlays);
  if (home) view.setBounds(whole, withEllipses({ ...home }, overlays), home.min_gain);
  else view.setBounds(whole);
}

const NEAR = 1.5; // times nearer than home: from here on much else is out of view, too

/** The islands to point to. */
export function islandsOf(view, home) {
  return home && view.magnification < NEAR ? home.islands : [];
}

function withEllipses(box, overlays) {
  for (const { type, x, y, rx, ry } of overlays) {
    if (type !== "ellipse") continue;
    box.left = Math.min(box.left, x - rx);
    box.right = Math.max(box.right, x + rx);
    box.bottom = Math.min(box.bottom, y - ry);
    box.top = Math.max(box.top, y + ry);
  }
  return box;
}
