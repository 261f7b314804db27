// What a hand or a key means to the player: `listen` tells of gestures, the player acts.

import { meaning } from "./keys.js";

export const KEYS = "Space plays and pauses, the left and right arrow keys step through the "
  + "snapshots, plus and minus zoom, shift with an arrow key moves, zero resets the view, Enter "
  + "pins the sentence under the circle in the middle, Escape releases it.";
export const PICK_PIXELS = 10;
const TOUCH_PIXELS = 18;

export function gestures(player) {
  const { overlay, tooltip } = player;
  return {
    pan: (dx, dy) => {
      overlay.classList.add("dragging");
      player.look((view) => view.panBy(dx, dy));
    },
    zoom: (left, top, factor) => {
      tooltip.hide();
      player.look((view) => view.zoomAt(left, top, factor));
    },
    done: () => overlay.classList.remove("dragging"),
    boxes: () => false,
    hover: (left, top) => player.hover(left, top),
    leave: () => player.leave(),
    click: (left, top, { pointerType }) => {
      player.pin(player.at(left, top, pointerType === "touch" ? TOUCH_PIXELS : PICK_PIXELS));
    },
    key: (key, shift) => steer(player, key, shift) || look(player, key, shift),
    focus: () => player.cross(overlay.matches(":focus-visible")),
    blur: () => player.cross(false),
  };
}

/** Keys of time. */
function steer({ clock }, key, shift) {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (key === " ") clock.toggle();
  else if (way && !shift) clock.step(way);
  else if (key === "Home") clock.jump(0);
  else if (key === "End") clock.jump(clock.last);
  else return false;
  return true;
}

/** Keys of the view: arrows alone move in time, so panning takes shift. */
function look(player, key, shift) {
  const wanted = meaning(key, false);
  if (!wanted || (wanted.pan && !shift)) return false;
  const { view } = player;
  const centre = [view.width / 2, view.height / 2];
  if (wanted.pick) player.pin(player.at(...centre, TOUCH_PIXELS));
  else if (wanted.clear) player.pin(-1);
  else if (wanted.pan) player.look(() => view.panBy(...wanted.pan));
  else if (wanted.zoom) player.look(() => view.zoomAt(...centre, wanted.zoom));
  else player.home();
  player.cross(true);
  return true;
}
