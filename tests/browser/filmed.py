"""A tiny run with a playback: what tests of the playback's page open."""

from pathlib import Path

import numpy as np

from explorer.explore.run import open_run
from explorer.latent_space.playback import from_snapshots
from explorer.runs import folder as folders
from tests import tiny

SNAPSHOTS = 5
TOLD = 8
_WIDTH = 6
"""How far the cloud opens: past the prior's circles, so that a view of both has to grow."""


def film(folder: Path) -> Path:
    """Gives a run with a map a playback: its cloud opens while the words grow in number.

    The first sentence is told in text that Markdown and HTML would take for something else.
    """
    run = open_run(folder)
    atlas = run.atlas
    assert atlas is not None
    growth = np.linspace(0, 1, SNAPSHOTS)
    turned = np.roll(atlas.mean, 1, axis=1)
    mean = np.stack([share * atlas.mean + (1 - share) * share * turned for share in growth])
    words = [text.split() for text in atlas.reconstruction[1:TOLD]]
    texts = [[" ".join(item[: k + 1]) for item in words] for k in range(SNAPSHOTS)]
    for k in range(SNAPSHOTS):
        texts[k].insert(0, tiny.AWKWARD[k])
    tensors = {
        "row": atlas.row,
        "mean": _WIDTH * mean,
        "step": np.arange(SNAPSHOTS) * 10,
        "epoch": np.linspace(0, run.history["epoch"][-1] or 0, SNAPSHOTS),
        "beta": growth,
    }
    about = {
        "reconstructions": {"rows": atlas.row[:TOLD].tolist(), "texts": texts},
        "corpus": {"name": atlas.corpus_name, "checksum": atlas.corpus_checksum},
    }
    splits = ["train"] * atlas.total
    prior = np.random.default_rng(0).normal(size=(1000, atlas.latent_dim))
    from_snapshots(tensors, about, splits, prior).save(folder / folders.PLAYBACK)
    folders.write_checksums(folder)
    return folder
