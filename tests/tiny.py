"""A tiny trained run of invented sentences: what tests of the page and the command line open."""

import random
from pathlib import Path
from unittest import mock

import torch

from explorer import pipeline
from explorer.explore.run import Run
from explorer.latent_space.projections import pca_layout
from explorer.runs import folder as folders

WORDS = {
    "who": ["a dog", "a girl", "an old man", "two cats", "the robot", "a nurse", "some birds"],
    "does": ["sleeps", "sings", "is reading", "jumps", "waits", "paints a door", "eats an apple"],
    "where": ["in the park", "on a boat", "near the river", "under a tree", "at home", "outside"],
}

AWKWARD = (
    "<b>bold</b> and <script>alert(1)</script>",
    "price is $x^2$ or $5",
    "[a link](https://example.org) :red[red] :material/home:",
    '=1+1 "quoted" & more',
    "שלום עולם a dog 🐕 sleeps",
)
"""Text that Markdown, HTML, TeX or a spreadsheet would take for something else."""

RECIPE = """\
seed = 0

[corpus]
path = "{path}"
text_column = "text"
label_column = "label"
vocabulary_size = 60

[model]
embedding_dim = 12
latent_dim = 4
encoder = {{ name = "lstm", hidden_dim = 16 }}
decoder = {{ name = "lstm", hidden_dim = 16 }}

[objective]
rate = {{ name = "free_bits", nats = 4.0 }}

[training]
epochs = {epochs}
pretrain_epochs = 2
bf16 = false
batch_size = 16
learning_rate = 0.01

[atlas]
points = 200
neighbours = 5
"""

CODES = (
    RECIPE.replace("latent_dim = 4", "latent_dim = 8")
    .replace(
        "[objective]",
        """\
latent = {{ name = "codebook", codes = 4, num_categories = 8 }}
prior = {{ name = "uniform" }}

[objective]
schedule = {{ name = "constant" }}""",
    )
    .replace('{{ name = "free_bits", nats = 4.0 }}', '{{ name = "plain" }}')
    .replace(
        "pretrain_epochs = 2",
        """\
pretrain_epochs = 0
fit_prior = {{ name = "autoregressive", hidden_dim = 8, embedding_dim = 4 }}""",
    )
)
"""The same with a latent space of four codes."""


def sentences(count: int = 240, seed: int = 0) -> list[str]:
    """Invented sentences, the awkward ones among them."""
    chance = random.Random(seed)
    made = [" ".join(chance.choice(part) for part in WORDS.values()) for _ in range(count)]
    return [*AWKWARD, *made]


def write_corpus(path: Path, count: int = 240) -> Path:
    """A CSV file with a text and a label column; the other two columns say nothing of the text."""
    rows = [
        (text, "animal" if "dog" in text else "other", 1 + row % 5, f"2024-{1 + row % 12:02d}-01")
        for row, text in enumerate(sentences(count))
    ]
    quoted = (
        '"' + text.replace('"', '""') + f'",{label},{stars},{posted}\n'
        for text, label, stars, posted in rows
    )
    path.write_text("text,label,stars,posted\n" + "".join(quoted), encoding="utf-8")
    return path


def check_resumed(whole: Path, part: Path, reports: int) -> None:
    """Of two recipes that are alike, one trained at once and one stopped after so many reports and
    resumed: the same losses, and the same weights to the bit."""
    straight = [report.loss for report in pipeline.train(whole, "cpu")]
    running = pipeline.train(part, "cpu")
    losses = [next(running).loss for _ in range(reports)]
    running.close()
    torch.manual_seed(999)
    losses += [report.loss for report in pipeline.train(part, "cpu", resume=True)]
    assert losses == straight
    assert (part / folders.WEIGHTS).read_bytes() == (whole / folders.WEIGHTS).read_bytes()


def without_corpus(*runs: Run) -> None:
    """Makes open runs what they are where the text of their corpus is not."""
    for run in runs:
        run.__class__ = type("Bare", (type(run),), {"corpus": None})


def build(root: Path, name: str = "tiny", epochs: int = 3, recipe: str = RECIPE) -> Path:
    """Trains a run below `root` in a few seconds and draws its map; returns its folder."""
    root.mkdir(parents=True, exist_ok=True)
    corpus = write_corpus(root / "corpus.csv")
    folder = root / name
    folder.mkdir()
    text = recipe.format(path=corpus.as_posix(), epochs=epochs)
    (folder / folders.CONFIG).write_text(text, encoding="utf-8")
    for _ in pipeline.train(folder, "cpu"):
        pass
    # Importing umap takes many seconds; the PCA plane is a map too.
    with mock.patch("explorer.latent_space.projections.umap_layout", pca_layout):
        pipeline.make_atlas(folder)
    return folder
