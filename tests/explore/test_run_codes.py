"""Laws of a run of codes: what is swapped, what its prior saves, and how it resumes."""

from pathlib import Path

import numpy as np
import pytest

from explorer.errors import ExplorerError
from explorer.explore import run_codes
from explorer.explore.run import open_run
from explorer.runs import folder as folders
from tests import tiny

TEXT = "a dog sleeps in the park"


def test_a_swap_changes_one_code_and_nothing_else(code_run: Path) -> None:
    run = open_run(code_run)
    own = run.codes(TEXT)
    other = int((own[2] + 1) % 8)
    z = run.swap(TEXT, 2, other)
    assert run.codes(z[0]).tolist() == [*own[:2].tolist(), other, int(own[3])]
    part = run.encode([TEXT])[0] != z[0]
    assert part[4:6].any() and not part[:4].any() and not part[6:].any()
    assert len(run.decode(z)) == 1


def test_what_is_no_code_is_refused_and_so_is_a_run_without_codes(
    code_run: Path, tiny_run: Path
) -> None:
    run = open_run(code_run)
    for code, category in ((4, 0), (0, 8), (-1, 0)):
        with pytest.raises(ExplorerError, match=r"code|category"):
            run.swap(TEXT, code, category)
    with pytest.raises(ExplorerError, match="not discrete"):
        open_run(tiny_run).codes(TEXT)


def test_a_map_of_codes_counts_every_sentence_once_a_code(code_run: Path) -> None:
    run = open_run(code_run)
    counts = run_codes.counts(run)
    assert counts.shape == (4, 8)
    assert counts.sum(1).tolist() == [len(run.needed_atlas)] * 4
    assert np.array_equal(run.codes(run.needed_atlas.mean[5]), run.codes(run.texts[5]))


def test_the_fitted_prior_makes_codes_cheaper_and_draws_points_of_the_space(
    code_run: Path,
) -> None:
    run = open_run(code_run)
    texts = tiny.sentences()[5:40]
    rate = run.score(texts)[1]
    assert rate.mean() < 4 * np.log(8) - 0.5
    drawn = run.prior_samples(20)
    assert np.array_equal(run._points(drawn).numpy(), drawn)
    assert len(run.sample(3)) == 3


def test_a_training_with_codebooks_resumes_to_the_same_bits(tmp_path: Path) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)
    folders_ = [tmp_path / name for name in ("whole", "part")]
    for folder in folders_:
        folder.mkdir()
        text = tiny.CODES.format(path=corpus.as_posix(), epochs=2)
        (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    tiny.check_resumed(*folders_, reports=4)
