"""The files of a run, read lazily."""

import dataclasses
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from explorer import config as configs
from explorer.config import CorpusConfig
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import vocabulary_file
from explorer.system import atomic_files
from explorer.system.read_only import ReadOnlyList, read_only
from explorer.text import corpora
from explorer.text.corpora import Corpus
from explorer.text.normalisation import spellings
from explorer.text.tokens import Tokeniser, treebank_tokens
from explorer.text.vocabularies import VOCABULARIES
from explorer.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from explorer.latent_space.atlas import Atlas
    from explorer.latent_space.playback import Playback
    from explorer.models.vae import TextVAE

Value = TypeVar("Value")

LOOK_SECONDS = 0.5
"""A missing corpus is looked for at most so often: a dozen paths are tried."""

# Runs shown side by side mostly share a corpus: it is read once.
_corpora: "WeakValueDictionary[tuple[CorpusConfig, int], Corpus]" = WeakValueDictionary()


class once_property(cached_property[Value]):  # noqa: N801 - named as what it specialises
    """A cached property that one thread computes, while others of the same run wait for it."""

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        with instance._lock:
            return super().__get__(instance, owner)


class Contents:
    """The files of a run folder, each read on first use; thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()  # files are read later, perhaps from another folder
        self.name = folder.resolve().name
        self.config = configs.read(folder / folders.CONFIG)
        self.stamp = folders.stamp(folder)
        self.tokeniser = Tokeniser.of(self.config.corpus)
        self._lock = threading.RLock()
        self._text_lock = threading.RLock()  # of its own: a corpus may take half a minute
        self._looked: object = None
        self._next_check = 0.0
        self._corpus: Corpus | None = None
        self._joined: list[str] | None = None
        self._is_checked = False

    def __reduce__(self) -> tuple[type, tuple[Path]]:
        """A copy, or one in another process, is the folder opened again."""
        return type(self), (self.folder,)

    @once_property
    def vocabulary(self) -> Vocabulary:
        """The words or pieces of the model."""
        return vocabulary_file.load(self.folder, self.config.corpus)

    def words(self, text: str) -> list[str]:
        """The words of a sentence, in the spelling of which the vocabulary lacks the fewest.

        Typewriter and typographic quotes, and the forms of Unicode, count as the same words. Plain
        text is tokenised for a model whose corpus was tokenised in advance.
        """
        words = self.tokeniser.tokens(text)
        if not self.vocabulary.rare(words):
            return words
        others = [self.tokeniser.tokens(spelling) for spelling in spellings(text)]
        if not self.tokeniser.split_punctuation:
            others += map(treebank_tokens, spellings(text))
        return min(others, key=lambda words: len(self.vocabulary.rare(words)))

    @property
    def model(self) -> "TextVAE":
        """The model, in `eval` mode on the CPU; opened once."""
        return self._model

    @once_property
    def _model(self) -> "TextVAE":
        from explorer.runs import weights

        return weights.load_model(self.folder)[2]

    @once_property
    def metrics(self) -> dict[str, Any]:
        """`metrics.json`, read-only; empty before `explorer evaluate`."""
        return read_only(folders.read_metrics(self.folder))

    @once_property
    def history(self) -> dict[str, list[float | None]]:
        """The columns of `history.csv`, read-only."""
        return read_only(folders.read_history(self.folder))

    @once_property
    def card(self) -> str:
        """The model card in Markdown; empty if there is none."""
        path = self.folder / folders.CARD
        if not path.is_file():
            return ""
        return atomic_files.read(path, folders.LARGEST[folders.CARD]).decode(errors="replace")

    @once_property
    def atlas(self) -> "Atlas | None":
        """The encoded corpus; None before `explorer atlas`."""
        from explorer.latent_space.atlas import Atlas

        if not (self.folder / folders.ATLAS).is_file():
            return None
        atlas = Atlas.load(folders.verify(self.folder, folders.ATLAS))
        width, size = atlas.mean.shape[1], self.config.model.latent_dim
        if width != size:
            raise ExplorerError(
                f"{self.folder / folders.ATLAS} belongs to another run: its points have {width} "
                f"dimensions, the model has {size}"
            )
        return atlas

    @once_property
    def playback(self) -> "Playback | None":
        """The map over training; None if no snapshots were saved."""
        from explorer.latent_space.playback import Playback

        if not (self.folder / folders.PLAYBACK).is_file():
            return None
        return Playback.load(folders.verify(self.folder, folders.PLAYBACK))

    @property
    def kind(self) -> str:
        """`VAE`, `autoencoder`, `decoder of vectors` or `language model`."""
        names = {"point": "autoencoder", "vectors": "decoder of vectors", "none": "language model"}
        return names.get(self.config.model.latent["name"], "VAE")

    @property
    def has_latent(self) -> bool:
        """Whether the run has a latent space; a language model has none."""
        return self.config.model.latent_dim > 0

    @property
    def is_of_documents(self) -> bool:
        """Whether the run reads texts as bags of words, so that a point decodes to words."""
        return not VOCABULARIES[self.config.corpus.tokens].has_order

    @property
    def text_unit(self) -> str:
        """What one of its texts is called: `sentence`, or `document`."""
        return "document" if self.is_of_documents else "sentence"

    @property
    def corpus(self) -> Corpus | None:
        """The corpus of the run; None while its text is not on this machine."""
        with self._text_lock:
            # A missing corpus is looked up again: it may be downloaded while the server runs.
            if self._joined is None and time.monotonic() >= self._next_check:
                mark = corpora.mark(self.config.corpus)
                if self._looked != mark:
                    self._looked = mark
                    self._corpus = self._read_corpus()
                self._next_check = time.monotonic() + LOOK_SECONDS
            return self._corpus

    def _read_corpus(self) -> Corpus | None:
        recipe, seed = self.config.corpus, self.config.seed
        try:
            corpus = _corpora.get((recipe, seed)) or corpora.load(recipe, seed)
            if corpus.vectors is not None:
                # The map holds those of its sentences, and no page needs the others.
                corpus = dataclasses.replace(corpus, vectors=None)
        except ExplorerError:
            return None
        if recipe.name:  # a named corpus never changes; a user's file may
            _corpora[recipe, seed] = corpus
        return corpus

    def _join(self) -> list[str] | None:
        """The corpus sentence of every row of the atlas; None where they are not to be had."""
        if self.atlas is not None and self.atlas.text is not None:
            return self._stored_texts
        if self._joined is None and self.atlas is not None:
            sentences = self.sentences_of(self.atlas)
            if sentences is not None:
                self._joined = ReadOnlyList(sentences[row] for row in self.atlas.row.tolist())
        return self._joined

    def sentences_of(self, part: "Atlas | Playback") -> list[str] | None:
        """The sentences that the rows of an atlas or playback refer to.

        Returns:
            None if the corpus is not on this machine, or is not the one of this part.

        Raises:
            ExplorerError: If a row is out of range.
        """
        corpus = self.corpus
        if corpus is None or corpus.checksum != part.corpus_checksum:
            return None
        if part.row[-1] >= len(corpus.sentences):  # they ascend
            name = folders.ATLAS if part is self.atlas else folders.PLAYBACK
            raise ExplorerError(
                f"{self.folder / name} is damaged: it refers to row {part.row[-1]:,} of a corpus "
                f"of {len(corpus.sentences):,} sentences; `explorer atlas` draws the map again"
            )
        return corpus.sentences

    def check(self) -> None:
        """Reads once what every page needs, and verifies the checksum of the weights.

        Raises:
            ExplorerError: For the first part that is missing or damaged.
        """
        if not self._is_checked:
            folders.weights_of(self.folder)
            _ = self.metrics, self.vocabulary, self.history, self.atlas, self.playback
            _ = self.texts_are_real
            self._is_checked = True

    @property
    def texts_are_real(self) -> bool:
        """Whether `texts` are corpus sentences rather than reconstructions."""
        with self._text_lock:
            return self._join() is not None

    @property
    def is_of_another_corpus(self) -> bool:
        """Whether the corpus on this machine is known to differ from the one of this run."""
        with self._text_lock:
            try:
                parts = [part for part in (self.playback, self.atlas) if part is not None]
            except ExplorerError:
                return False  # whoever reads the damaged part gets the error
            known = {part.corpus_checksum for part in parts}
            return self.corpus is not None and not known <= {self.corpus.checksum}

    @property
    def texts(self) -> list[str]:
        """The sentence of each point of the atlas, or else its reconstruction; read-only."""
        with self._text_lock:
            joined = self._join()
        return joined if joined is not None else self._reconstructions

    @once_property
    def _stored_texts(self) -> list[str]:
        return ReadOnlyList(self.needed_atlas.text or ())

    @once_property
    def _reconstructions(self) -> list[str]:
        return ReadOnlyList(self.needed_atlas.reconstruction)

    @property
    def needed_atlas(self) -> "Atlas":
        """The encoded corpus.

        Raises:
            ExplorerError: If there is none, or can be none.
        """
        if self.atlas is None and not self.has_latent:
            raise ExplorerError(f"{self.name} is a language model: it has no latent space to map")
        if self.atlas is None:
            raise ExplorerError(folders.no_map(self.folder))
        return self.atlas
