"""One map, one slider, and lines that show what Python heard."""

import fake
import streamlit as st

from explorer.explore.map_overlays import Marker, Path
from explorer.explore.point_colours import colours
from explorer.latent_space.home_box import HomeBox
from explorer.map_component.map_spec import MapSpec
from explorer.ui.map import urls
from explorer.ui.map.component import current_event, latent_map, path_slider

state = st.session_state
run = fake.island if "island" in st.query_params else fake.run
state.runs = state.get("runs", 0) + 1
early = current_event()
by = st.radio("Colour by", ["cluster", "rate"], horizontal=True)
coloured = colours(run.atlas, by)
spec = MapSpec(
    points_url=urls.points_url(run),
    colours_url=urls.colours_url(run, by),
    legend=coloured.legend,
    kind=coloured.kind,
    labels=[
        {"x": name.x, "y": name.y, "text": name.name, "level": 0, "size": 9}
        for name in run.atlas.levels[0]
    ],
    overlays=[Path([[0.5, 0.5], [3.5, 1.5], [5.5, 4.5]]), Marker(8.5, 3.5, "<i>yours</i>")],
    selected=state.get("selected"),
    description="72 sentences on a grid.",
    caption="Showing 72 of 100 sentences, drawn evenly.",
    hover_url=urls.hover_url(run),
    home=HomeBox(0, 11, 0, 5, ((6.0, 20.0),)) if run is fake.island else None,
    axes={"x": "UMAP 1", "y": "UMAP 2, no unit", "units": False},
    height=400,
)
event = latent_map(spec)
if event is not None:
    state.events = [*state.get("events", []), event]
    if event.kind == "point":
        state.selected = {"row": event.index}
    elif event.kind == "place":
        state.selected = {"x": event.x, "y": event.y}
    elif event.kind == "clear":
        state.selected = None
steps = ["a man runs", "a dog runs", "a dog runs fast"]
position = path_slider(steps, ends=("one", "three"), position=state.get("position", 0))
state.position = position
st.button("Again")
last = state.get("events", [None])[-1]
st.text(f"last: {last}")
st.text(f"known at the start: {early == event}")
st.text(f"position: {position} runs: {state.runs}")
