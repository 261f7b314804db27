// What tests and measurements ask of a map.

export function exposeForTests(map) {
  const { overlay } = map;
  overlay.toScreen = (x, y) => map.view.toScreen(x, y);
  overlay.toData = (left, top) => map.view.toData(left, top);
  Object.defineProperty(overlay, "state", {
    get: () => ({
      view: map.view.get(), selected: map.selected, focus: map.focus,
      points: map.points?.count ?? 0, labels: map.placed?.map(({ text }) => text),
      positions: Object.fromEntries(map.positions), webgl: Boolean(map.points?.gl),
      standing: map.points?.stands?.reduce((sum, stands) => sum + stands, 0),
      missing: map.lattice.missing, lensTimes: map.lens.times, lensAnswers: map.lens.count,
      decoded: map.decoded?.map(({ x, y, text, box }) => ({ x, y, text, box })),
      arrows: map.arrows ?? [],
      contours: map.contours.shown?.length ?? 0,
      trail: map.data?.overlays.find(({ type }) => type === "trail")?.points ?? [],
    }),
  });
}
