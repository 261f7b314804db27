"""Analogies on whole test splits: a word replaced by latent arithmetic, for every caption with it.

    python -m tests.benchmarks.analogies captions-faithful everyday

For each pair, A → B, the direction is the mean of E(x with B for A) − E(x) over at most 200
training captions. It is added, k times, to E(x) of each caption of a split that has A and not B,
at most 200, and decoded as the page decodes, in a closed loop of half as many decodes as
`reconstruct` tries; `--nearest 1` decodes once. Printed: the share that says B and not A, with
its 95% interval (Wilson 1927); corpus BLEU-4 against the caption with B for A, with a 95% interval
over 500 bootstrap samples; and BLEU-4 of decodes without the direction against the captions as
they are. Captions come from the corpus `captions`, whatever a run was trained on.
"""

import argparse
import math

import numpy as np

from explorer import open_run
from explorer.cli.output import say, table
from explorer.config import CorpusConfig
from explorer.evaluation.reconstruction import bleu
from explorer.explore.run import Run
from explorer.latent_space.random_rows import draw
from explorer.models.decoding_settings import Decoding
from explorer.text import corpora
from explorer.text.tokens import Tokeniser

PAIRS = (("man", "woman"), ("dog", "cat"), ("red", "blue"), ("snow", "grass"))
_MOST = 200
_BOOTSTRAPS = 500
_Z = 1.96

Words = list[str]


def replaced(words: Words, old: str, new: str) -> Words:
    """The words with `new` wherever `old` stands."""
    return [new if word == old else word for word in words]


def wilson(count: int, total: int) -> tuple[float, float]:
    """95% interval of a share.

    Source:
        Wilson (1927), Probable Inference, the Law of Succession, and Statistical Inference.
    """
    share, scale = count / total, 1 + _Z**2 / total
    middle = (share + _Z**2 / (2 * total)) / scale
    half = _Z / scale * math.sqrt(share * (1 - share) / total + _Z**2 / (4 * total**2))
    return middle - half, middle + half


def bleu_interval(outputs: list[Words], references: list[Words]) -> tuple[float, float]:
    """95% bootstrap interval of a corpus BLEU, over the sentences."""
    rng = np.random.default_rng(0)
    values = []
    for _ in range(_BOOTSTRAPS):
        rows = rng.integers(len(outputs), size=len(outputs)).tolist()
        values.append(bleu([outputs[row] for row in rows], [references[row] for row in rows]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def measure(
    run: Run, train: list[Words], test: list[Words], pair: tuple[str, str], k: float, nearest: int
) -> tuple[str, ...]:
    """A row of the table: one pair of words."""
    old, new = pair
    with_old = [[x for x in part if old in x and new not in x] for part in (train, test)]
    shown, asked = ([part[row] for row in draw(len(part), _MOST, 0)] for part in with_old)

    how = Decoding(nearest=nearest or max(1, run.candidates // 2))

    def encoded(texts: list[Words]) -> np.ndarray:
        return run.encode([" ".join(words) for words in texts])

    def decoded(z: np.ndarray) -> list[Words]:
        return [tokeniser.tokens(text) for text in run.decode(z.astype(np.float32), how)]

    tokeniser = Tokeniser.of(CorpusConfig(name="captions"))
    direction = (encoded([replaced(x, old, new) for x in shown]) - encoded(shown)).mean(axis=0)
    z = encoded(asked)
    moved, still = decoded(z + k * direction), decoded(z)
    wanted = [replaced(x, old, new) for x in asked]
    said = sum(new in words and old not in words for words in moved)
    low, high = wilson(said, len(asked))
    least, most = bleu_interval(moved, wanted)
    return (
        f"{old} → {new}",
        str(len(asked)),
        f"{said / len(asked):.0%} ({low:.0%}–{high:.0%})",
        f"{bleu(moved, wanted):.1f} ({least:.1f}–{most:.1f})",
        f"{bleu(still, asked):.1f}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Analogies on every test caption with a word.")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="names or folders")
    parser.add_argument("--k", type=float, default=1.25, help="times the direction")
    parser.add_argument("--nearest", type=int, default=0, help="decodes of each point")
    parser.add_argument("--split", default="test", choices=("valid", "test"))
    args = parser.parse_args()
    config = CorpusConfig(name="captions")
    corpus, tokeniser = corpora.load(config, 0), Tokeniser.of(config)
    train, test = (
        [tokeniser.tokens(corpus.sentences[row]) for row in corpus.rows(split)]
        for split in ("train", args.split)
    )
    head = ("pair", "captions", "says the word", "BLEU-4", "BLEU-4 unchanged")
    for name in args.runs:
        run = open_run(name)
        rows = [measure(run, train, test, pair, args.k, args.nearest) for pair in PAIRS]
        say(f"{name}:")
        say(table(head, rows, right=(1, 2, 3, 4)))


if __name__ == "__main__":
    main()
