"""Laws of a refined sentence: what it costs, and what is decoded before and after."""

from pathlib import Path

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.explore.run import open_run
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


def test_the_command_prints_the_reconstruction_after_and_the_gain(
    tiny_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = open_run(tiny_run).refine(TEXT, 20)
    said = answer(capsys, "reconstruct", str(tiny_run), TEXT, "--refine", "20").splitlines()
    assert said[0] == found.after.reconstruction
    assert f"{found.gain:.2f} nats gained" in said[1]
    assert main(["reconstruct", str(tiny_run), TEXT, "--refine", "-3"]) == 1
    assert "-3" in capsys.readouterr().err
