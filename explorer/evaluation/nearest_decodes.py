"""Decodes of posterior means that are encoded again, for a latent space of vectors."""

from collections.abc import Sequence

from torch import Tensor
from torch.nn.functional import cosine_similarity

from explorer.evaluation.context import EncodeTokens, EvaluationContext
from explorer.models import candidates
from explorer.models.decoding_settings import Decoding
from explorer.models.decoding_strategies import generate

_PART = 64


def nearest_decodes(
    context: EvaluationContext, rows: Sequence[int], encode: EncodeTokens, count: int
) -> tuple[list[list[str]], float]:
    """The tokens of the nearest of `count` decodes of some sentences, and their mean cosine.

    Args:
        context: Of a model whose latent space is one of vectors.
        rows: Of the held-out sentences.
        encode: The encoder of the vectors.
        count: Candidates of a sentence.
    """
    model, vocabulary = context.model, context.vocabulary

    def cosines(points: Tensor, ids: Sequence[Sequence[int]]) -> Tensor:
        rows = list(map(tuple, ids))
        distinct = list(dict.fromkeys(rows))
        index = {row: number for number, row in enumerate(distinct)}
        encoded = encode([vocabulary.decode(row) for row in distinct])
        vectors = encoded[[index[row] for row in rows]]
        return cosine_similarity(model.latent.vectors(points).cpu(), vectors, dim=1)

    def decode(points: Tensor, decoding: Decoding) -> list[list[int]]:
        return generate(model.decoder, model.condition(points), decoding)

    decoded: list[list[str]] = []
    total = 0.0
    means = context.posterior.mean[list(rows)]
    for number, part in enumerate(means.split(_PART)):
        decoding = Decoding(nearest=count, seed=context.seed + number)
        ids = candidates.nearest(part, decoding, decode, cosines)
        total += cosines(part, ids).sum().item()
        decoded += [vocabulary.decode(row) for row in ids]
        context.advance(len(part))
    return decoded, total / max(len(rows), 1)
