"""A model trained at once on a few sentences in memory: for experiments, without a run folder."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.config import Config
from explorer.text.vocabulary import Vocabulary, WordVocabulary

if TYPE_CHECKING:
    from torch import Tensor

    from explorer.models.vae import TextVAE
    from explorer.training.progress import Report

Tokens = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Origin:
    """The weights a training starts from, and the rows of their words."""

    weights: "Mapping[str, Tensor]"
    spellings: Mapping[str, int]

    @classmethod
    def of(cls, model: "TextVAE", vocabulary: Vocabulary) -> "Origin":
        """The weights of a model in memory."""
        rows = {name: row for row, name in enumerate(vocabulary.spellings)}
        return cls(model.state_dict(), rows)


@dataclass(frozen=True, slots=True)
class SmallModel:
    """A trained model, in `eval` mode."""

    model: "TextVAE"
    vocabulary: Vocabulary

    def ids(self, tokens: Tokens) -> list[list[int]]:
        """Sentences as ids."""
        return [self.vocabulary.encode(list(row)) for row in tokens]


def train_small(
    config: Config,
    tokens: Tokens,
    held_out: Tokens,
    report: "Callable[[Report], object]" = lambda report: None,
    origin: Origin | None = None,
) -> SmallModel:
    """Trains a model to its end; the same seed gives the same weights.

    Others may draw random numbers meanwhile.

    Args:
        config: The recipe; its vocabulary is of the sentences' words.
        tokens: Training sentences.
        held_out: Those that reports validate.
        report: Receives each report.
        origin: What it starts from; random weights without.
    """
    from explorer.evaluation.validation import Validation
    from explorer.models.random_streams import Stream
    from explorer.models.rate_penalties import penalty_for
    from explorer.models.vae import build
    from explorer.training.trainer import Trainer
    from explorer.training.warm_start import Start

    rows = [list(row) for row in tokens]
    vocabulary = WordVocabulary.build(rows, config.corpus.vocabulary_size)
    ids = [vocabulary.encode(row) for row in rows]
    watched = [vocabulary.encode(list(row)) for row in held_out]
    chance = Stream(config.seed)
    with chance.lent():
        model = build(config.model, len(vocabulary))
        if origin is not None:
            Start(origin.weights, origin.spellings, 0).fill(model, vocabulary)
        penalty = penalty_for(model, config.objective.rate)
        reports = Trainer(model, ids, config, Validation(watched, penalty, config.seed)).run()
    while True:
        with chance.lent():  # between two reports others draw
            item = next(reports, None)
        if item is None:
            break
        report(item)
    return SmallModel(model.eval(), vocabulary)
