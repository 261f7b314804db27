"""A run of made-up documents with planted topics, small enough to train in a test."""

import random
from pathlib import Path

from explorer import pipeline
from explorer.runs import folder as folders

TOPICS = {
    "space": [
        "orbit",
        "moon",
        "rocket",
        "launch",
        "shuttle",
        "planet",
        "telescope",
        "astronaut",
        "comet",
        "lander",
    ],
    "cars": [
        "engine",
        "brake",
        "wheel",
        "dealer",
        "tyre",
        "clutch",
        "mileage",
        "driver",
        "piston",
        "bumper",
    ],
    "faith": [
        "prayer",
        "church",
        "gospel",
        "bible",
        "sermon",
        "priest",
        "heaven",
        "mercy",
        "psalm",
        "altar",
    ],
}

RECIPE = """
seed = 1

[corpus]
path = "{corpus}"
text_column = "body"
label_column = "group"
tokens = "bag"
vocabulary_size = 40
max_tokens = 1000
valid_fraction = 0.1
test_fraction = 0.15

[model]
embedding_dim = 16
latent_dim = {dim}
latent = {latent}
encoder = {{ name = "words" }}
decoder = {decoder}

[objective]
rate = {{ name = "plain" }}
schedule = {{ name = "linear", epochs = 2.0 }}

[training]
epochs = {epochs}
pretrain_epochs = 0
batch_size = 32
learning_rate = 0.02
snapshots = 50

[atlas]
points = 200
neighbours = 8
"""


def write_corpus(path: Path, count: int = 240, *, as_bags: bool = False) -> Path:
    """Documents of about 30 words, nearly all of one topic, as CSV.

    Args:
        path: Of the file.
        count: Of the documents.
        as_bags: Whether they are written as bags of words, the most frequent first.
    """
    chance = random.Random(3)
    rows = ["body,group"]
    for _ in range(count):
        name = chance.choice(sorted(TOPICS))
        others = [word for words in TOPICS.values() for word in words]
        words = [
            chance.choice(TOPICS[name] if chance.random() < 0.97 else others)
            for _ in range(chance.randint(20, 40))
        ]
        if as_bags:
            rows.append(
                f"{' '.join(sorted(words, key=lambda word: (-words.count(word), word)))},{name}"
            )
        else:
            rows.append(f"The {' and the '.join(words)},{name}")
    path.write_text("\n".join(rows) + "\n")
    return path


def build(
    root: Path,
    name: str,
    latent: str = '{ name = "gaussian" }',
    decoder: str = '{ name = "words" }',
    dim: int = 4,
    epochs: int = 20,
    *,
    as_bags: bool = False,
) -> Path:
    """A trained, measured and mapped run; its corpus as `write_corpus` writes it."""
    root.mkdir(parents=True, exist_ok=True)
    corpus = write_corpus(root / f"{name}.csv", as_bags=as_bags)
    folder = root / name
    folder.mkdir()
    recipe = RECIPE.format(corpus=corpus, latent=latent, decoder=decoder, dim=dim, epochs=epochs)
    (folder / folders.CONFIG).write_text(recipe)
    for _ in pipeline.train(folder, "cpu"):
        pass
    pipeline.evaluate(folder, samples=20)
    pipeline.make_atlas(folder)
    return folder
