"""What a prior fitted to the sentences changes: the same seed, before and after."""

import streamlit as st

from explorer.explore import run_choice
from explorer.explore.fitted_gaussian import before_and_after
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.ui.components import download_buttons, run_picker
from explorer.ui.components.escaping import code, markdown, plain
from explorer.ui.prior.scene import Scene
from explorer.ui.session import open_runs

_COUNT = 6


def offer_run(scene: Scene) -> None:
    """A link to the run whose prior misses its sentences most, unless it is this one."""
    name = run_choice.prior_misses_most(open_runs.records())
    if name is not None and name != folders.typed(scene.run.folder):
        label = f"The prior that fits its sentences worst: {markdown(name)}"
        run_picker.run_link("prior", label, ":material/swap_horiz:", name)


def show(scene: Scene) -> None:
    """Samples of the prior beside samples of a Gaussian fitted to the sentences."""
    if not scene.is_gaussian:
        return
    st.header("A prior fitted to the sentences", anchor="fitted")
    before, after = _decoded(scene)
    for column, title, texts in zip(
        st.columns(2, gap="medium"),
        (f"Before: the model's own {scene.what}", "After: a Gaussian fitted to the sentences"),
        (before, after),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            st.html("".join(plain(text, note=str(row)) for row, text in enumerate(texts, 1)))
    fit = folders.command("prior", scene.run.folder, "--fit", "mixture")
    st.caption(
        f"The same seed ({scene.seed}), decoded greedily, with the same encoder and decoder. The "
        f"Gaussian has the mean and full covariance of the aggregate posterior. {code(fit)} fits "
        "other priors and saves the result as a run."
    )
    columns = {"before": before, "after": after}
    download_buttons.table_files(columns, f"{scene.run.name}-fitted-prior", "fitted_table")


def _decoded(scene: Scene) -> tuple[list[str], list[str]]:
    return _decode(scene.run, scene.run.stamp, scene.seed)


@st.cache_data(max_entries=16, show_spinner=False)
def _decode(_run: object, stamp: str, seed: int) -> tuple[list[str], list[str]]:
    from explorer.explore.run import Run

    assert isinstance(_run, Run)
    before, after = before_and_after(_run, _COUNT, seed)
    return _run.decode(before, Decoding()), _run.decode(after, Decoding())
