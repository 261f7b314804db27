"""What `same_results` asks of a checkout: trainings, shipped runs, wrong commands."""

import json
import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.checkout import Answer, Checkout
from tests.benchmarks.outputs import Parts, arrays_parts, file_parts, json_parts, run_parts

NO_UMAP = "atlas.neighbours=100000"
"""More neighbours than there are sentences: the map is the PCA plane, which takes no time."""
SMALL = (
    *("model.embedding_dim=16", "model.latent_dim=8"),
    *("corpus.tokens=words", "corpus.vocabulary_size=80"),
    *("training.epochs=3", "training.pretrain_epochs=1", "training.batch_size=32"),
    *("training.snapshots=40", "training.bf16=false", "training.learning_rate=0.01"),
    *("model.encoder.hidden_dim=24", "model.decoder.hidden_dim=32", "atlas.points=150"),
)
_OF_Z = ("model.latent_dim", "model.encoder")
PARTS = {
    "who": ["a dog", "a girl", "two cats", "a man in a red shirt", "some children", "a nurse"],
    "does": ["runs", "is sleeping", "plays the guitar", "rides a bike", "waits", "eats an apple"],
    "where": ["in the park", "on a beach", "near the water", "in the snow", "at home", "outside"],
    "when": ["", "at night", "with a friend", "in the rain", "while others watch"],
}

SHIPPED = (
    *("captions-smooth", "captions-faithful", "captions-vamp", "captions-flow"),
    *("yelp-sentiment", "captions-denoising"),
)
WITHOUT_PRIOR = ("autoencoder", "captions-denoising")

_LIBRARY = """
import numpy as np
from explorer import open_run
run = open_run({run!r})
texts = {texts!r}
mean, scale = run.posterior(texts)
found = {{"encode": run.encode(texts[:3]), "posterior mean": mean, "posterior scale": scale}}
found["distortion"], found["rate"] = run.score(texts)
decoded = run.decode_tokens(mean[:10])
found["log_probs"] = np.concatenate([item.log_probs for item in decoded])
found["gains"] = np.concatenate([item.gains for item in decoded])
if {density!r}:
    found["prior_samples"] = run.prior_samples(20, 3)
found["path"] = run.path(texts[0], texts[1], 5)
found["spherical path"] = run.path(texts[0], texts[1], 5, True)
found["analogy"] = run.analogy(*texts[:3], [1.0, 2.0])
found["traverse"] = run.traverse(texts[0], 1, [-1.0, 0.0, 1.0])
np.savez("library.npz", **{{f"open_run {{key}}": value for key, value in found.items()}})
"""


@dataclass(frozen=True)
class Item:
    """Something asked of both checkouts."""

    name: str
    ask: Callable[[Checkout], Parts]
    is_quick: bool = False
    """Whether `--quick` asks it too."""


def sentences(count: int, seed: int) -> list[str]:
    """Invented sentences."""
    chance = random.Random(seed)
    made = (" ".join(chance.choice(part) for part in PARTS.values()) for _ in range(count))
    return [sentence.strip() for sentence in made]


def write_corpus(path: Path, count: int = 400) -> None:
    """A CSV file with a text and a label column."""
    rows = (
        f"{text},{'animal' if 'dog' in text or 'cat' in text else 'person'}"
        for text in sentences(count, 1)
    )
    path.write_text("\n".join(["text,label", *rows]) + "\n", "utf-8")


def trainings(corpus: Path) -> list[Item]:
    """Trainings on a corpus that both checkouts read, and what is done with such runs.

    Later ones start from runs of earlier ones.
    """

    def item(name: str, *options: str, quick: bool = False, umap: bool = False) -> Item:
        is_plain = name == "language-model"

        def ask(side: Checkout) -> Parts:
            small = [value for value in SMALL if not (is_plain and value.startswith(_OF_Z))]
            settings = [part for value in small for part in ("--set", value)]
            settings += [] if umap else ["--set", NO_UMAP]
            columns = ["--text-column", "text", "--label-column", "label"]
            side.explorer(
                "new", name, "--corpus", str(corpus), *columns, *settings, *options
            ).checked()
            side.explorer("train", name, "--device", "cpu").checked()
            found = run_parts(side.folder(name))
            if is_plain:
                return found
            return found | _library(side, name, density=name not in WITHOUT_PRIOR)

        return Item(name, ask, quick)

    def of(*settings: str) -> list[str]:
        return [part for value in settings for part in ("--set", value)]

    adversary = 'model.auxiliary={name="adversary",hidden_dim=16}'
    refit = of('training.fit_prior={name="mixture",components=4}')
    return [
        item("gaussian", quick=True),
        item("umap", "--schedule", "constant", *of("atlas.neighbours=5"), umap=True),
        item("mixture", "--prior", "mixture", *of("model.prior.components=4"), quick=True),
        item("flow", "--prior", "flow", *of("model.prior.hidden_dim=8")),
        item("vamp", "--prior", "vamp", *of("model.prior.components=4")),
        item("sphere", "--latent", "sphere"),
        item("cube", "--latent", "cube", "--schedule", "logistic"),
        item("codes", "--latent", "codes", *of("model.latent_dim=16")),
        item("autoencoder", "--latent", "point"),
        item("denoising", "--schedule", "cyclical", *of("model.encoder.word_dropout=0.3")),
        item("language-model", "--latent", "none", quick=True),
        item("conditional", "--conditional", *of(adversary), quick=True),
        item(
            "bag-of-words",
            *of(
                'model.auxiliary={name="bag_of_words"}',
                'objective.rate={name="free_bits_batch",nats=2}',
            ),
        ),
        item(
            "aggressive",
            *of(
                "training.aggressive=true",
                "objective.rate.name=plain",
                "training.epochs=1",
                "corpus.limit=150",
            ),
        ),
        item(
            "sgd",
            *of(
                'training.optimiser={name="sgd",momentum=0.5}',
                "training.learning_rate=0.5",
                "model.encoder.pool=last",
            ),
        ),
        item(
            "split",
            *of(
                'training.optimiser={name="split"}',
                "training.learning_rate=0.5",
                "model.latent.batch_norm=0.6",
            ),
        ),
        item(
            "dilated",
            *of('model.decoder={name="dilated",hidden_dim=16,layers=2,word_dropout=0.2}'),
            quick=True,
        ),
        item(
            "target-rate",
            "--schedule",
            "target",
            *of('objective.rate={name="threshold",nats=1}', "model.latent.least_rate=0.5"),
        ),
        item(
            "fine-tuned",
            *refit,
            *of('training.fine_tuning={name="joint",nats=2,epochs=1}'),
            quick=True,
        ),
        item("after-a-run", "--start", "gaussian"),
        item("after-a-language-model", "--start", "language-model"),
        Item("explorer prior", _prior),
        Item("explorer evaluate", _evaluate),
        Item("explorer ancestors, export", _other_commands),
    ]


def _prior(side: Checkout) -> Parts:
    found: Parts = {}
    for run, name in (("gaussian", "flow"), ("autoencoder", "mixture")):
        asked = side.explorer("prior", run, "--fit", name, "--to", f"{run}-fitted", "--json")
        found |= _answer(f"{run} {name}", asked)
        side.explorer("evaluate", f"{run}-fitted", "--samples", "5", "--device", "cpu").checked()
        found |= {
            f"{run}: {key}": part for key, part in run_parts(side.folder(f"{run}-fitted")).items()
        }
    return found


def _evaluate(side: Checkout) -> Parts:
    judge = ("--language-model", "language-model", "--reverse", "300", "--seed", "5")
    asked = side.explorer(
        "evaluate", "mixture", "--samples", "20", *judge, "--json", "--device", "cpu"
    )
    return _answer("evaluate", asked)


def _other_commands(side: Checkout) -> Parts:
    found = _answer("ancestors", side.explorer("ancestors", "gaussian", "--json"))
    side.explorer("export", "gaussian", "--out", "map.csv").checked()
    return found | file_parts(side.work / "map.csv")


def shipped(roots: Path) -> list[Item]:
    """Questions to the runs in a `checkpoints/` folder, of which each checkout gets a copy."""
    return [
        Item(run, lambda side, run=run: _shipped(side, roots / run), run == "captions-smooth")
        for run in SHIPPED
    ]


def _shipped(side: Checkout, folder: Path) -> Parts:
    run = folder.name
    shutil.copytree(folder, side.folder(run))
    is_labelled = run == "yelp-sentiment"
    label = ("--label", "positive") if is_labelled else ()
    towards, away = ("great", "bad") if is_labelled else ("woman", "man")
    texts = sentences(200, 2)
    a, b, c = "a dog runs in the snow", "a dog is sleeping in the snow", "a man runs on a beach"
    (side.work / "asked.txt").write_text("\n".join(texts) + "\n", "utf-8")
    (side.work / "few.txt").write_text("\n".join(texts[:20]) + "\n", "utf-8")
    commands = {
        "greedy": ("reconstruct", run, "--file", "asked.txt", *label),
        "beam": ("reconstruct", run, "--file", "few.txt", "--strategy", "beam", *label),
        "top_k": ("reconstruct", run, "--file", "few.txt", "--strategy", "top_k", *label),
        "nucleus": ("reconstruct", run, "--file", "few.txt", "--strategy", "nucleus", *label),
        "penalised": ("reconstruct", run, "--file", "few.txt", "--strategy", "penalised", *label),
        "sample": ("sample", run, "-n", "50", "--seed", "7", *label),
        "interpolate": ("interpolate", run, a, c, "--steps", "7", *label),
        "interpolate --spherical": ("interpolate", run, a, c, "--spherical", *label),
        "neighbours": ("neighbours", run, a, "-k", "20"),
        "arithmetic": ("arithmetic", run, a, b, c),
        "arithmetic, groups": ("arithmetic", run, a, "--towards", towards, "--away", away),
        "dimensions": ("dimensions", run),
    }
    if has_density := run not in WITHOUT_PRIOR:
        commands["sample --strategy greedy"] = ("sample", run, "--strategy", "greedy")
    else:
        del commands["sample"]
    if os.environ.get("EXPLORER_MIRROR"):
        limits = ("--limit", "60", "--samples", "5", "--device", "cpu")
        commands["evaluate"] = ("evaluate", run, *limits)
    found: Parts = {}
    for name, words in commands.items():
        found |= _answer(name, side.explorer(*words, "--json"))
    found |= _library(side, run, has_density)
    shutil.rmtree(side.folder(run))
    return found


def _library(side: Checkout, run: str, density: bool) -> Parts:
    side.python(_LIBRARY.format(run=run, texts=sentences(12, 3), density=density)).checked()
    return arrays_parts(side.work / "library.npz")


def _answer(name: str, answer: Answer) -> Parts:
    lines = answer.checked().out.splitlines()
    return json_parts(name, [json.loads(line) for line in lines])


WRONG = (
    (),
    ("trian", "my"),
    ("train", "no-such-run"),
    ("new", "odd", "--corpus", "no-such-file.csv"),
    ("new", "odd", "--corpus", "captions", "--set", "model.latent_dims=3"),
    ("sample", "gaussian", "-n", "0"),
    ("sample", "gaussian", "--strategy", "guess"),
    ("sample", "gaussian", "--temperature", "-1"),
    ("train", "gaussian"),
    ("neighbours", "language-model", "a dog"),
    ("reconstruct", "gaussian"),
    ("arithmetic", "gaussian", "a dog", "a girl"),
    ("export", "gaussian", "--out", "map.xyz"),
    ("evaluate", "gaussian", "--samples", "0"),
)
"""Commands that fail; what they say is shown, and may be reworded."""
