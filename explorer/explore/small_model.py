"""A model trained at once on a few sentences in memory: for experiments, without a run folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.config import Config
from explorer.text.vocabulary import Vocabulary, WordVocabulary

if TYPE_CHECKING:
    from explorer.models.vae import TextVAE
    from explorer.training.progress import Report
    from explorer.training.warm_start import Start

Tokens = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class SmallModel:
    """A trained model, in `eval` mode."""

    model: "TextVAE"
    vocabulary: Vocabulary

    @property
    def start(self) -> "Start":
        """Its weights, for another training to start from."""
        from explorer.training.warm_start import Start

        rows = {name: row for row, name in enumerate(self.vocabulary.spellings)}
        return Start(self.model.state_dict(), rows, 0)

    def ids(self, tokens: Tokens) -> list[list[int]]:
        """Sentences as ids."""
        return [self.vocabulary.encode(list(row)) for row in tokens]


def train_small(
    config: Config,
    tokens: Tokens,
    held_out: Tokens,
    report: "Callable[[Report], object]" = lambda report: None,
    start: "Start | None" = None,
) -> SmallModel:
    """Trains a model to its end; the same seed gives the same weights.

    Others may draw random numbers meanwhile.

    Args:
        config: The recipe; its vocabulary is of the sentences' words.
        tokens: Training sentences.
        held_out: Those that reports validate.
        report: Receives each report.
        start: The weights it starts from; random ones without.
    """
    from explorer.evaluation.validation import Validation
    from explorer.models.random_streams import Stream
    from explorer.models.rate_penalties import penalty_for
    from explorer.models.vae import build
    from explorer.training.trainer import Trainer

    rows = [list(row) for row in tokens]
    vocabulary = WordVocabulary.build(rows, config.corpus.vocabulary_size)
    ids = [vocabulary.encode(row) for row in rows]
    watched = [vocabulary.encode(list(row)) for row in held_out]
    chance = Stream(config.seed)
    with chance.lent():
        model = build(config.model, len(vocabulary))
        if start is not None:
            start.fill(model, vocabulary)
        penalty = penalty_for(model, config.objective.rate)
        reports = Trainer(model, ids, config, Validation(watched, penalty, config.seed)).run()
    while True:
        with chance.lent():  # between two reports others draw
            item = next(reports, None)
        if item is None:
            break
        report(item)
    return SmallModel(model.eval(), vocabulary)
