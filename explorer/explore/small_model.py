"""A model trained at once on a few sentences in memory: for experiments, without a run folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32

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
    name: str = "a small model"

    @property
    def start(self) -> "Start":
        """Its weights, for another training to start from."""
        from explorer.training.warm_start import Start

        rows = {name: row for row, name in enumerate(self.vocabulary.spellings)}
        return Start(self.model.state_dict(), rows, 0)

    def ids(self, tokens: Tokens) -> list[list[int]]:
        """Sentences as ids."""
        return [self.vocabulary.encode(list(row)) for row in tokens]

    def encode(self, texts: Sequence[str]) -> Float32[np.ndarray, "n latent"]:
        """The posterior mean of each sentence, whose tokens have spaces between them."""
        from explorer.models.batch_inference import posteriors

        return posteriors(self.model, self.ids([text.split() for text in texts]))[0]

    def decode(self, z: Float32[np.ndarray, "n latent"]) -> list[str]:
        """One sentence for each point of the latent space, greedily, as `encode` reads them."""
        import torch

        from explorer.models.decoding_settings import Decoding
        from explorer.models.decoding_strategies import generate

        with torch.inference_mode():
            points = self.model.condition(torch.from_numpy(z))
            rows = generate(self.model.decoder, points, Decoding())
        return [" ".join(self.vocabulary.decode(row)) for row in rows]


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
        else:
            model.decoder.fit(ids)
        penalty = penalty_for(model, config.objective.rate)
        reports = Trainer(model, ids, config, Validation(watched, penalty, config.seed)).run()
    while True:
        with chance.lent():  # between two reports others draw
            item = next(reports, None)
        if item is None:
            break
        report(item)
    return SmallModel(model.eval(), vocabulary)
