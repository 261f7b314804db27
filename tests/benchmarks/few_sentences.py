"""What trained weights are worth where sentences are few.

    python -m tests.benchmarks.few_sentences                  300, 1,000 and 3,000 reviews
    python -m tests.benchmarks.few_sentences --sizes 300 --starts "" everyday

Trains a model on reviews of Yelp from each start, by the recipe that `explorer new` writes, and
prints −ELBO (one posterior sample) and rate of the same held-out reviews, in nats a sentence with
standard errors; all spell every word, so these compare. BLEU-4 is that of their reconstructions:
of posterior means decoded once, and of the nearest of eight decodes. `--folder` keeps the runs:
what is trained there is not trained again, and a training that was stopped goes on.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from explorer.cli.output import say
from explorer.config import CorpusConfig
from explorer.evaluation.reconstruction import bleu
from explorer.explore.run import Run, open_run
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders
from explorer.text import corpora

STARTS = ("", "everyday", "smollm2")
_RUNS = ("everyday",)
SIZES = (0, 300, 1000, 3000)  # 0: a run as it is
TESTED = 500
SEED = 0


def reviews() -> tuple[list[str], list[str]]:
    """Training reviews in a random order, and held-out ones."""
    corpus = corpora.load(CorpusConfig(name="yelp"), SEED)
    split = {name: [corpus.sentences[row] for row in corpus.rows(name)] for name in corpora.SPLITS}
    held_out = random.Random(SEED).sample(sorted(set(split["test"])), TESTED)
    known = set(held_out)
    train = sorted({text for text in split["train"] if text not in known})
    random.Random(SEED).shuffle(train)
    return train, held_out


def train(folder: Path, texts: list[str], start: str) -> tuple[Path, float]:
    """The trained run of a start, and the minutes that it took; 0 where it was trained before."""
    name = f"{start or 'nothing'}-{len(texts)}"
    run, file = folder / name, folder / f"reviews-{len(texts)}.csv"
    if not file.exists():
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([["text"], *([text] for text in texts)])
    if not (run / folders.CONFIG).is_file():
        options = ["--start", start] if start else []
        # With the seed of the corpus, all its training reviews would be drawn as such again.
        options += ["--set", f"seed={SEED + 1}"]
        explorer("new", str(run), "--corpus", str(file), *options)
    began = time.perf_counter()
    if not (run / folders.METRICS).is_file():
        explorer("train", str(run))
    return run, (time.perf_counter() - began) / 60


def bleu_of(run: Run, texts: list[str], candidates: int) -> float:
    """BLEU-4 of the reconstructions, the nearest of so many decodes each."""
    decoded = run.decode(run.encode(texts), Decoding(nearest=candidates))
    words = run.tokeniser.tokens
    return bleu([words(text) for text in decoded], [words(text) for text in texts])


def explorer(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "explorer", *arguments], check=True, stdout=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--starts", nargs="*", default=STARTS)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        texts, held_out = reviews()
        say("reviews  start       −ELBO        rate  BLEU-4  of eight   minutes")
        for size in args.sizes:
            for start in args.starts:
                if not size and start not in _RUNS:
                    continue
                trained, minutes = train(folder, texts[:size], start) if size else (start, 0.0)
                run = open_run(trained)
                distortion, rate = run.score(held_out)
                bound = distortion + rate
                error = bound.std(ddof=1) / np.sqrt(len(bound))
                once, nearest = (bleu_of(run, held_out, candidates) for candidates in (1, 8))
                say(
                    f"{size:7,}  {start or 'nothing':10}{bound.mean():6.1f} ± {error:.1f}"
                    f"{rate.mean():8.1f}{once:8.1f}{nearest:10.1f}{minutes:10.1f}",
                )


if __name__ == "__main__":
    main()
