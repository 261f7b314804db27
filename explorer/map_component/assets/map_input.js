// What a hand or a key means to the map: `listen` tells of gestures, the map acts.

import { meaning } from "./keys.js";

export function gestures(map) {
  const { overlay, tooltip } = map;
  return {
    pan: (dx, dy) => {
      map.guide.stop();
      overlay.classList.add("dragging");
      map.view.panBy(dx, dy);
      map.redraw();
    },
    zoom: (left, top, factor, finished = false) => {
      map.guide.stop();
      tooltip.hide();
      map.view.zoomAt(left, top, factor);
      map.redraw();
      if (finished) map.moved();
    },
    done: () => {
      overlay.classList.remove("dragging");
      map.moved();
    },
    hover: (left, top) => map.hover(left, top),
    leave: () => {
      map.hovered = map.pointer = null;
      tooltip.hide();
      map.redraw();
    },
    boxes: (shift) => map.lasso.draws(shift) || (shift && Boolean(map.data?.boxes)),
    box: (from, to, isDone) => {
      if (map.lasso.isOffered) map.lasso.draw(from, to, isDone);
      else drawBox(map, from, to, isDone);
    },
    unbox: () => {
      map.lasso.cancel();
      map.box.hidden = true;
    },
    click: (left, top, event) => map.pick(left, top, event.shiftKey, event.pointerType),
    key: (key, shift) => press(map, key, shift),
    focus: () => {
      map.crosshair = overlay.matches(":focus-visible");
      map.redraw();
    },
    blur: () => {
      map.crosshair = false;
      tooltip.hide();
      map.redraw();
    },
  };
}

/** The rectangle that is being drawn; once done, its sides go to Python. */
function drawBox(map, from, to, isDone) {
  const [left, right] = [Math.min(from.left, to.left), Math.max(from.left, to.left)];
  const [top, bottom] = [Math.min(from.top, to.top), Math.max(from.top, to.top)];
  map.box.hidden = isDone;
  Object.assign(map.box.style, {
    left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px`,
  });
  if (!isDone) return;
  const [x, high] = map.view.toData(left, top);
  const [end, low] = map.view.toData(right, bottom);
  map.announcer.say("Sentences in a rectangle selected.");
  map.emit({ kind: "box", index: -1, x, y: low, shift: true, box: [x, end, low, high] });
}

function press(map, key, shift) {
  if (map.lasso.key(key)) return true;
  if (key.toLowerCase() === "t") {
    map.regions.toggle();
    return true;
  }
  if (key.toLowerCase() === "d") {
    map.contours.toggle();
    return true;
  }
  if (key.toLowerCase() === "z") {
    const { x, y } = map.view;
    map.emit({ kind: shift ? "redo" : "undo", index: -1, x, y, shift: true });
    return true;
  }
  const wanted = meaning(key, shift);
  if (!wanted) return false;
  const centre = map.view.middle;
  map.crosshair = true;
  if (wanted.pick) map.pick(...centre, shift, "touch");
  if (wanted.help) map.help.toggle();
  if (wanted.clear) map.clear();
  if (wanted.pick || wanted.clear || wanted.help) return true;
  if (wanted.pan) map.view.panBy(...wanted.pan);
  else if (wanted.zoom) map.view.zoomAt(...centre, wanted.zoom);
  else map.view.goHome();
  map.redraw();
  map.moved();
  map.hover(...centre);
  map.announcer.middleSoon();
  return true;
}
