"""A run folder for other sentences, with the weights of a trained run."""

import dataclasses
import shutil
from pathlib import Path

from explorer import config as configs
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.system.atomic_files import unwritable, write_text

_CARD = """\
# {name}

A map of the sentences of `{file}`, drawn with the weights of **{run}**, which was trained on
{corpus} and not on these sentences. To train on them:
`explorer new NAME --corpus {path} --start {run}`. Metrics measured here are for these sentences.

## Data

The sentences are in `{path}`. The weights are subject to the terms of {run}: see its model card.
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The sentences of a borrowed run, and how they become tokens."""

    path: Path
    """A file with the column `text`."""
    title: str
    """The name of the file a person chose."""
    label_column: str = ""
    lowercase: bool = True
    split_punctuation: bool = True


def borrow(
    base: Path, folder: Path, text: Text, nats_per_word: float = 0.0, sentences: int = 0
) -> None:
    """Writes a run folder with the weights and vocabulary of `base`; it has no map yet.

    Args:
        base: Folder of a trained run.
        folder: Does not exist yet.
        text: The sentences.
        nats_per_word: That 99% of the training sentences of `base` do not exceed; 0 if unknown.
        sentences: The number of them.

    Raises:
        ExplorerError: If the base is damaged or untrained, or the folder cannot be written.
    """
    config = configs.read(base / folders.CONFIG)
    weights.load_model(base)  # a damaged run is not copied
    origin = dict(config.model.weights_of)
    if not configs.is_borrowed(config):
        origin = {
            "name": "run",
            "run": base.resolve().name,
            "weights": folders.checksums(base)[folders.WEIGHTS],
            "corpus": config.corpus.name or Path(config.corpus.path).name,
            "nats_per_word": round(nats_per_word, 4),
            "sentences": sentences,
        }
    corpus = dataclasses.replace(
        config.corpus,
        name="",
        path=text.path.as_posix(),
        encoding="",
        text_column="text",
        label_column=text.label_column,
        lowercase=text.lowercase,
        split_punctuation=text.split_punctuation,
        limit=0,
        checksum="",
    )
    plain = configs.AtlasConfig()
    borrowed = dataclasses.replace(
        config,
        corpus=corpus,
        model=dataclasses.replace(config.model, weights_of=origin),
        # How many sentences the base shows, and whether its map holds them, is about its corpus;
        # a map at once needs no encoder, which may not be at hand and takes its time.
        atlas=dataclasses.replace(
            config.atlas, points=plain.points, text=plain.text, encoder=plain.encoder
        ),
    )
    header = (
        f"{folder.name}: a map of the sentences of {text.title}, drawn with the weights of "
        f"{origin['run']}.\nBelow [model], training included, is the recipe of {origin['run']}."
    )
    _copy(base, folder)
    write_text(folder / folders.CONFIG, configs.render(borrowed, header))
    card = _CARD.format(
        name=folder.name,
        file=text.title,
        path=text.path.as_posix(),
        run=origin["run"],
        corpus=origin["corpus"],
    )
    write_text(folder / folders.CARD, card)
    folders.write_checksums(folder)


def _copy(base: Path, folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
        for name in (folders.VOCABULARY, folders.TOKENIZER, folders.WEIGHTS):
            if (base / name).is_file():
                shutil.copyfile(folders.verify(base, name), folder / name)
    except OSError as error:
        raise unwritable(folder, error) from None
