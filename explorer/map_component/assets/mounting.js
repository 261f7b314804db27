// How a page puts a drawing into its parent.

/** Streamlit's `mount` for a class of drawings: one a parent, however often the page reruns. */
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
      drawing.destroy();
      mounted.delete(parentElement);
    };
  };
}
