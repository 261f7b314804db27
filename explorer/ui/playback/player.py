"""The playback page: the player and its fallback, tables and downloads."""

import streamlit as st

from explorer.explore import playback_story, run_choice
from explorer.explore.run import Run
from explorer.map_component.player_spec import Moment, PinRequest, PlayerSpec
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons, run_picker
from explorer.ui.components.escaping import markdown
from explorer.ui.map import urls
from explorer.ui.map.player import player
from explorer.ui.session import open_runs, picks, selected_rows

_EPOCH, _ASKED, _PINNED = "_playback_epoch", "_playback_asked", "_playback_pinned"
_LONGEST_OPTION = 90


def need_playback(run: Run) -> bool:
    """Whether the run has a playback; if not, shows how to get one."""
    if run.playback is not None:
        return True
    if not run.has_latent:
        run_picker.no_latent(run)
        return False
    st.info(
        f"**{markdown(run.name)}** has no playback: its training recorded no snapshots of the "
        "latent space. Train the run again to record them; its scores may differ slightly:",
        icon=":material/movie:",
    )
    st.code(folders.command("train", run.folder, "--restart"), language="bash")
    other = run_choice.plays_back(open_runs.records())
    if other is not None:
        label = f"The training of {markdown(other)}"
        run_picker.run_link("playback", label, ":material/movie:", other)
    return False


def colour(run: Run) -> str:
    """The colouring, also in the URL."""
    return st.selectbox(
        "Colour",
        playback_story.colour_choices(run),
        format_func=str.capitalize,
        key="colour",
        bind="query-params",
        width=190,
    )


def chooser(run: Run, now: Moment) -> None:
    """Pins a sentence by its text.

    Comes after the player, which need not wait for the corpus.
    """
    reconstructed = playback_story.reconstructed(playback_story.playback_of(run))
    if st.session_state.get(_PINNED) != (run.stamp, now.index):
        # The pin changed on the map: the box must not name the old sentence.
        st.session_state[_PINNED] = (run.stamp, now.index)
        st.session_state[_choice(run)] = now.index if now.index in reconstructed else None
    if reconstructed:
        st.selectbox(
            f"Pin one of {len(reconstructed)} sentences",
            reconstructed,
            index=None,
            format_func=lambda index: playback_story.text_of(run, index)[0][:_LONGEST_OPTION],
            placeholder="Choose a sentence, or click a dot",
            key=_choice(run),
            on_change=_ask,
            args=(run,),
        )


def _choice(run: Run) -> str:
    return f"_playback_pin_{run.stamp}"


def _ask(run: Run) -> None:
    """Asks the player to pin the chosen sentence."""
    index = st.session_state.get(_choice(run))
    before = st.session_state.get(_ASKED)
    if index is not None:
        st.session_state[_ASKED] = PinRequest(index, before.serial + 1 if before else 1)


def play(run: Run, by: str) -> Moment:
    """Shows the player, or the animation without WebGL2; returns the last epoch and pin."""
    playback = playback_story.playback_of(run)
    start = _start(run)
    colours = playback_story.colours_of(run, by)
    ellipses = playback_story.ellipses(run)
    spec = PlayerSpec(
        frames_url=urls.playback_url(run, "places"),
        colours_url=f"{urls.playback_url(run, 'colours')}?by={by}",
        sentence_url=urls.playback_url(run, "sentence"),
        legend=colours.legend,
        legend_title=colours.title,
        kind=colours.kind,
        snapshots=playback_story.snapshots(playback),
        series=playback_story.series(run),
        ellipses=ellipses,
        axes=playback_story.axes(playback),
        reconstructed=playback_story.reconstructed(playback),
        start=start,
        pin=st.session_state.get(_ASKED),
        description=playback_story.description(run),
        caption=f"{len(playback.row):,} sentences, the same at every snapshot."
        + playback_story.VIEW_FOLLOWS * bool(ellipses),
    )
    now = player(spec, key=f"player-{run.stamp}")
    if now is None:
        _film(run, by)
        return start
    now = Moment(now.epoch, now.index if now.index < len(playback.row) else -1)
    st.session_state[_EPOCH] = now.epoch
    if now.index != start.index:
        _select(run, now.index)
    return now


def _select(run: Run, index: int) -> None:
    """Selects the pinned sentence on the other pages; the player writes the URL."""
    selected_rows.choose(int(playback_story.playback_of(run).row[index]) if index >= 0 else None)
    at = int(playback_story.atlas_rows(run)[index]) if index >= 0 else -1
    if at >= 0:
        picks.set_pick(picks.SentencePick(at))


def _start(run: Run) -> Moment:
    """The epoch of the session or the link, and the sentence selected on any page."""
    playback = playback_story.playback_of(run)
    if _EPOCH not in st.session_state:
        st.session_state[_EPOCH] = playback_story.read_epoch(st.query_params.get("epoch", ""))
    chosen = selected_rows.current()
    index = playback.index_of(chosen) if isinstance(chosen, int) else None
    first, last = float(playback.epoch[0]), float(playback.epoch[-1])
    epoch = min(max(st.session_state[_EPOCH], first), last)
    return Moment(epoch, -1 if index is None else index)


def _film(run: Run, by: str) -> None:
    from explorer.ui.playback import charts

    st.caption(
        "This browser has no WebGL2: a simpler animation shows at most "
        f"{charts.FILM_POINTS} sentences."
    )
    st.plotly_chart(
        charts.film(run, by),
        key="playback_film",
        config={"displayModeBar": False},
        alt=playback_story.description(run),
    )


def tables(run: Run, now: Moment, by: str) -> None:
    """The snapshots as tables and this epoch as a picture, computed when opened."""
    command = folders.command("train", run.folder, "--restart")
    if now.index >= 0:
        _pinned(run, now.index, command)
    with st.expander(
        "Table of all snapshots", icon=":material/table_rows:", on_change="rerun",
        key="playback_numbers",
    ) as every:  # fmt: skip
        if every.open:
            table = playback_story.snapshot_table(run)
            st.dataframe(table, hide_index=True, placeholder="–")
            download_buttons.table_files(table, f"{run.name}-snapshots", "playback_table", command)
    with st.expander(
        f"Picture of epoch {now.epoch:.2f}", icon=":material/image:",
        on_change="rerun", key="playback_picture",
    ) as picture:  # fmt: skip
        if picture.open:
            from explorer.ui.playback import charts

            download_buttons.chart(
                charts.moment(run, now.epoch, by, now.index),
                "playback_moment",
                f"The sentences of {run.name} at epoch {now.epoch:.2f} of its training",
                command,
                f"{run.name}-epoch-{now.epoch:.2f}",
            )


def _pinned(run: Run, index: int, command: str) -> None:
    playback = playback_story.playback_of(run)
    row = int(playback.row[index])
    at = int(playback_story.atlas_rows(run)[index])
    if at >= 0:
        run_picker.sentence_link()
    with st.expander(
        f"Table of the pinned sentence (row {row:,})", icon=":material/timeline:",
        on_change="rerun", key="playback_trail",
    ) as trail:  # fmt: skip
        if trail.open:
            table = playback_story.trail_table(run, index)
            st.dataframe(table, hide_index=True, placeholder="–")
            download_buttons.table_files(
                table, f"{run.name}-sentence-{row}", "playback_trail_files", command
            )
