// Pointer, wheel and keyboard on one element, turned into: pan, zoom, hover, click, box, and keys.
// Mouse, pen and fingers all arrive as pointer events.

const CLICK_SLOP = 5;
const TOUCH_SLOP = 10;
const DOUBLE_MS = 320;
const PRESS_MS = 350; // a finger that rests so long reads on as it slides

/** Calls `on.pan/zoom/hover/leave/click/box/unbox/key/done`; returns a function that removes it all. */
export function listen(element, on) {
  const fingers = new Map();
  let start = null;
  let dragged = false;
  let boxing = false;
  let reading = false;
  let press;
  let lastClick = { time: -1e9, left: 0, top: 0 };

  const place = (event) => {
    const box = element.getBoundingClientRect();
    return { left: event.clientX - box.left, top: event.clientY - box.top };
  };

  const down = (event) => {
    if (event.button > 0) return;
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    if (fingers.size === 1) {
      start = place(event);
      dragged = false;
      boxing = on.boxes(event.shiftKey);
      reading = false;
      if (event.pointerType === "touch" && !boxing) press = setTimeout(() => read(start), PRESS_MS);
    } else {
      clearTimeout(press);
      if (boxing) on.unbox(); // two fingers pan and zoom
      boxing = false;
      dragged = true;
    }
  };

  const read = ({ left, top }) => {
    reading = true;
    on.hover(left, top);
  };

  const move = (event) => {
    const now = place(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") on.hover(now.left, now.top);
      return;
    }
    if (reading) {
      read(now);
      return;
    }
    const slop = event.pointerType === "touch" ? TOUCH_SLOP : CLICK_SLOP;
    if (!dragged && Math.hypot(now.left - start.left, now.top - start.top) < slop) return;
    if (!dragged) {
      clearTimeout(press);
      dragged = true;
      on.leave();
    }
    if (boxing) on.box(start, now, false);
    else if (fingers.size === 1) on.pan(now.left - before.left, now.top - before.top);
    else if (fingers.size === 2) pinch(event.pointerId, before, now);
    fingers.set(event.pointerId, now);
  };

  const pinch = (id, before, now) => {
    const other = [...fingers].find(([key]) => key !== id)[1];
    const was = Math.hypot(before.left - other.left, before.top - other.top);
    const is = Math.hypot(now.left - other.left, now.top - other.top);
    on.pan((now.left - before.left) / 2, (now.top - before.top) / 2);
    on.zoom((now.left + other.left) / 2, (now.top + other.top) / 2, is / Math.max(was, 1));
  };

  const up = (event) => {
    const wasDown = fingers.delete(event.pointerId);
    clearTimeout(press);
    if (!wasDown) return;
    if (reading) {
      // What was read last is what is picked.
      reading = false;
      const { left, top } = place(event);
      on.click(left, top, event);
      return;
    }
    if (dragged) {
      if (boxing) on.box(start, place(event), true);
      else if (fingers.size === 0) on.done();
      return;
    }
    const { left, top } = place(event);
    const again = event.timeStamp - lastClick.time < DOUBLE_MS
      && Math.hypot(left - lastClick.left, top - lastClick.top) < TOUCH_SLOP;
    lastClick = { time: again ? -1e9 : event.timeStamp, left, top };
    // The first click fires at once; only the second one is known to be part of a double click.
    if (again) on.zoom(left, top, 2, true);
    else on.click(left, top, event);
  };

  // The browser cancelled the pointer: no rectangle was completed.
  const cancel = (event) => {
    clearTimeout(press);
    reading = false;
    if (!fingers.delete(event.pointerId)) return;
    if (boxing) on.unbox();
    else if (dragged && fingers.size === 0) on.done();
    boxing = false;
  };

  const wheel = (event) => {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const { left, top } = place(event);
    // A trackpad's pinch arrives as a wheel with ctrlKey and small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0016;
    const step = Math.min(Math.max(event.deltaY * lines, -400), 400);
    on.zoom(left, top, Math.exp(-step * speed));
    on.done();
  };

  const key = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (on.key(event.key, event.shiftKey)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const listeners = {
    pointerdown: down, pointermove: move, pointerup: up, pointercancel: cancel,
    pointerleave: () => on.leave(), wheel, keydown: key,
    focus: () => on.focus(), blur: () => on.blur(),
  };
  for (const [name, handler] of Object.entries(listeners)) {
    element.addEventListener(name, handler, name === "wheel" ? { passive: false } : undefined);
  }
  return () => {
    for (const [name, handler] of Object.entries(listeners)) {
      element.removeEventListener(name, handler);
    }
  };
}
