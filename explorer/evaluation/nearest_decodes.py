"""Closed-loop decodes: each decode is encoded again, and its miss corrects the next."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import cosine_similarity

from explorer.evaluation.context import EvaluationContext
from explorer.models import batch_inference
from explorer.models.candidates import Rows, nearest
from explorer.models.decoding_settings import Decoding
from explorer.models.decoding_strategies import generate

_PART = 64


def nearest_decodes(
    context: EvaluationContext, z: Float[Tensor, "n latent"], rows: Sequence[int], count: int
) -> tuple[list[list[str]], float]:
    """The tokens of the nearest of `count` decodes of some sentences, and their mean cosine.

    Args:
        context: Of a model that encodes what it decodes.
        z: A point of each held-out sentence.
        rows: Of the sentences that are decoded.
        count: Candidates of a sentence.
    """
    model, vocabulary, codes = context.model, context.vocabulary, context.codes

    def encode(ids: Sequence[Sequence[int]]) -> Tensor:
        tokens = [vocabulary.decode(row) for row in ids]
        if context.encode_tokens is not None:
            vectors = context.encode_tokens(tokens).to(model.device)
            return model.latent.posterior(vectors).mean
        return batch_inference.posterior(model, [vocabulary.encode(row) for row in tokens]).mean

    decoded: dict[int, list[str]] = {}
    total = 0.0
    for number, part in enumerate(_parts(rows, codes)):
        label = codes[part[0]] if codes else None

        def decode(points: Tensor, decoding: Decoding, label: int | None = label) -> Rows:
            labels = [] if label is None else [label] * len(points)
            return generate(model.decoder, model.condition(points, labels), decoding)

        points = z[part]
        decoding = Decoding(nearest=count, seed=context.seed + number)
        ids = nearest(points, decoding, model.latent, decode, encode)
        pair = (model.latent.vectors(points), model.latent.vectors(encode(ids)))
        total += cosine_similarity(*pair, dim=1).sum().item()
        decoded |= zip(part, map(vocabulary.decode, ids), strict=True)
        context.advance(len(part))
    return [decoded[row] for row in rows], total / max(len(rows), 1)


def _parts(rows: Sequence[int], codes: Sequence[int]) -> list[list[int]]:
    """Rows that are decoded together: of one label, where the decoder is conditioned on it."""
    alike: dict[int, list[int]] = {}
    for row in rows:
        alike.setdefault(codes[row] if codes else 0, []).append(row)
    return [
        group[start : start + _PART]
        for group in alike.values()
        for start in range(0, len(group), _PART)
    ]
