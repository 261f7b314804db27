"""Laws of the plane of prior and sentences."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer.explore.map_views import PcaView
from explorer.explore.run import open_run
from explorer.ui.prior import charts, scene
from explorer.ui.prior.scene import Scene, drawn_sentences, read_shown

NAMED, DOTS = 90, 20


@pytest.fixture
def shown(tiny_run: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(scene, "MOST_NAMED", NAMED)
    monkeypatch.setattr(scene, "MOST_DOTS", DOTS)
    return Scene(open_run(tiny_run), 5, 0, "means", False)


def test_few_sentences_are_drawn_and_the_selected_one_among_them(shown: Scene) -> None:
    drawn = drawn_sentences(shown, None)
    assert len(drawn) == DOTS and drawn[0] == 0 and drawn[-1] == NAMED - 1
    assert max(np.diff(drawn)) - min(np.diff(drawn)) <= 1
    missing = next(index for index in range(NAMED) if index not in drawn)
    assert drawn_sentences(shown, ("s", missing)) == sorted([*drawn, missing])
    assert drawn_sentences(shown, ("p", missing)) == drawn


def test_a_link_names_the_same_sentence_however_many_are_drawn(
    shown: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown.rows.tolist()
    monkeypatch.setattr(scene, "MOST_DOTS", 7)
    assert Scene(shown.run, 5, 0, "means", False).rows.tolist() == before
    assert read_shown(f"s{NAMED - 1}", shown) == ("s", NAMED - 1)
    assert read_shown(f"s{NAMED}", shown) is None


@pytest.mark.parametrize("index", [0, 1, 50, NAMED - 1])
def test_the_highlighted_mark_is_the_selected_one_and_stands_at_its_point(
    shown: Scene, index: int
) -> None:
    selected = ("s", index)
    marks = scene._marks(shown, drawn_sentences(shown, selected))
    plane = PcaView.of(shown.run).plane
    figure: Any = charts.plane(plane, marks, False, selected)
    trace = figure.data[-1]
    assert trace["name"] == "sentences"
    (position,) = trace["selectedpoints"]
    assert trace["customdata"][position] == f"s{index}"
    here = plane.transform(shown.sentences[index : index + 1])[0]
    assert [trace[name][position] for name in "xy"] == pytest.approx(here.tolist(), abs=1e-3)
