"""What the pages say reproduces their numbers: it runs, and gives them."""

import argparse
import dataclasses
import shlex

import numpy as np
import pytest

from explorer.cli.main import main
from explorer.cli.options import add_decoding
from explorer.cli.options import decoding as read_decoding
from explorer.explore import decoded_path
from explorer.explore.run import open_run
from explorer.latent_space.holes import AggregatePosterior
from explorer.models.decoding_settings import Decoding
from explorer.ui.components import reproduce

A, B = "a dog sleeps at home", "it's <b>two</b> cats"


@pytest.fixture
def say(tiny_run, monkeypatch, capsys):
    """Runs a snippet and returns what it printed."""
    monkeypatch.setenv("EXPLORER_RUNS", str(tiny_run))

    def printed(command):
        if reproduce.is_python(command):
            exec(compile(command, "snippet", "exec"), {})
        else:
            main(shlex.split(command)[1:])
        return capsys.readouterr().out

    return printed


OTHER = {
    "strategy": "nucleus",
    "temperature": 0.7,
    "top_k": 3,
    "top_p": 0.25,
    "beam": 2,
    "penalty": 1.5,
    "max_tokens": 7,
    "nearest": 4,
    "allow_unknown": True,
    "seed": 12,
    "label": "two words",
    "strength": 1.5,
}
"""A value for every decode setting that is not its default."""


@pytest.mark.parametrize("item", dataclasses.fields(Decoding), ids=lambda item: item.name)
def test_no_decode_setting_is_left_out_of_a_command(item):
    asked = Decoding(**{item.name: OTHER[item.name]})
    parser = argparse.ArgumentParser()
    add_decoding(parser)
    assert read_decoding(parser.parse_args(shlex.split(reproduce.flags(asked)))) == asked


@pytest.mark.parametrize("way", decoded_path.INTERPOLATIONS)
def test_a_path_is_the_one_on_the_page(say, tiny_run, way):
    decoding = Decoding(strategy="sample", temperature=2.0, allow_unknown=True, seed=3)
    shown = decoded_path.decoded_paths(open_run(tiny_run), A, B, 6, decoding)[way]
    out = say(reproduce.path("tiny", A, B, 6, decoding, way))
    assert out.splitlines() == shown.texts


def test_draws_around_a_sentence_are_those_of_the_page(say, tiny_run):
    run, decoding = open_run(tiny_run), Decoding(seed=2)
    mean, scale = run.posterior([B])
    out = say(reproduce.draws("tiny", B, 3, decoding))
    assert out.splitlines() == run.around(mean[0], scale[0], 3, decoding)


def test_the_density_of_a_path_is_that_of_the_page(say, tiny_run):
    run = open_run(tiny_run)
    density = run.map_index.log_density(run.path(A, B, 3, spherical=False))
    out = say(reproduce.density("tiny", (A, B), 3, is_spherical=False))
    assert out.strip() == str(density)


def test_the_typical_density_is_that_of_the_other_sentences(tiny_run):
    run = open_run(tiny_run)
    told = decoded_path.path_density(
        run, decoded_path.decoded_path(run, A, B, 3, Decoding(), "linear")
    )
    assert told is not None and run.atlas is not None
    rows = np.arange(len(run.atlas))
    rest = [
        AggregatePosterior(
            *(np.delete(part, row, 0) for part in (run.atlas.mean, run.atlas.scale))
        )
        for row in rows
    ]
    others = [q.log_density(run.atlas.mean[[row]])[0] for row, q in zip(rows, rest, strict=True)]
    assert told[1] == pytest.approx(np.median(others))


def test_the_plane_of_the_prior_and_its_holes_are_printed(say, tiny_run):
    samples = open_run(tiny_run).prior_samples(7, 1)
    out = say(reproduce.plane_of_prior("tiny", len(samples), 1))
    assert len(out.splitlines()) >= len(samples)
    assert "Holes(" in say(reproduce.holes("tiny", 0))


def test_nothing_has_moved_from_a_run_to_itself(say):
    assert not any(np.fromstring(say(reproduce.moved("tiny", "tiny")).strip(" []\n"), sep=" "))
