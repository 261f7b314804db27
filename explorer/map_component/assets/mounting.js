// How a page puts a drawing into its parent.

/**
 * Streamlit's `mount` for a class of drawings: one a parent, however often the page reruns.
 *
 * What `mount` returns ends the drawing. Streamlit calls it when the parent has gone, but also when
 * the data of a rerun come while those of the rerun before are still being taken over: then the
 * parent is still there, and so stays the drawing.
 */
export function mounting(Kind) {
  const mounted = new WeakMap();
  return (component) => {
    const { parentElement } = component;
    let drawing = mounted.get(parentElement);
    if (!drawing) {
      drawing = new Kind(parentElement);
      mounted.set(parentElement, drawing);
    }
    drawing.update(component);
    return () => {
      if (parentElement.isConnected || mounted.get(parentElement) !== drawing) return;
      drawing.destroy();
      mounted.delete(parentElement);
    };
  };
}
