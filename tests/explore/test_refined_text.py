"""Laws of a refined sentence: what it costs, and what is decoded before and after."""

from pathlib import Path

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.explore.map_views import view_of
from explorer.explore.refined_text import overlays
from explorer.explore.run import open_run
from explorer.models.decoding_settings import Decoding
from tests.cli.test_commands import answer

TEXT = "a dog sleeps in the park"


def test_a_sentence_gains_what_its_terms_say_and_is_decoded_from_both_means(
    tiny_run: Path,
) -> None:
    run = open_run(tiny_run)
    found = run.refine(TEXT)
    assert found.gain == pytest.approx(found.before.nats - found.after.nats)
    assert found.gain > 0
    assert np.allclose(found.before.mean, run.encode([TEXT])[0])
    for side in (found.before, found.after):
        assert side.reconstruction == run.decode(side.mean[None])[0]
    assert run.refine(TEXT, steps=0).gain == 0


def test_a_map_with_units_shows_how_wide_both_posteriors_are(tiny_run: Path) -> None:
    run = open_run(tiny_run)
    refined = run.refine(TEXT)
    before, after, mark = overlays(view_of(run, "pca"), refined)
    xy = view_of(run, "pca").locate(np.stack([refined.before.mean, refined.after.mean]))[0]
    for ellipse, centre in ((before, xy[0]), (after, xy[1]), (mark, xy[1])):
        assert (ellipse.x, ellipse.y) == pytest.approx(centre.tolist())
    draws = refined.after.mean + refined.after.scale * np.random.default_rng(0).normal(
        size=(20_000, len(refined.after.mean))
    )
    spread = view_of(run, "pca").plane.transform(draws).std(0)
    assert (after.rx, after.ry) == pytest.approx(spread.tolist(), rel=0.03)
    assert mark.text == ""  # the ellipse has the name
    assert [item.text for item in overlays(view_of(run), refined)] == ["refined"]


def test_the_command_prints_the_reconstruction_after_and_the_gain(
    tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(tiny_run)
    found = run.refine(TEXT, 20, Decoding(nearest=run.candidates))
    said = answer(capsys, "reconstruct", str(tiny_run), TEXT, "--refine", "20").splitlines()
    assert said[0] == found.after.reconstruction
    assert f"{found.gain:.2f} nats gained" in said[1]
    assert main(["reconstruct", str(tiny_run), TEXT, "--refine", "-3"]) == 1
    assert "-3" in capsys.readouterr().err
