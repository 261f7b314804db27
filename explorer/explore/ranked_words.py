"""What a point of a run of documents decodes to: words in the order of what they say about it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from explorer.models.decoding_settings import Decoded

if TYPE_CHECKING:
    from torch import Tensor

    from explorer.runs.run_files import Contents


def decoded(run: "Contents", inputs: "Tensor", rows: Sequence[Sequence[int]]) -> list[Decoded]:
    """Ranked words with their log-probabilities, and their lift as a logarithm.

    Args:
        run: Of documents.
        inputs: Of its decoder, (n, input).
        rows: The ids of the words of each point.

    Returns:
        For each point `log_probs`, log p(w|z), and `gains`, log(p(w|z) / p(w)), where p(w) is the
        frequency in the training text; nats.
    """
    import torch

    from explorer.models.words import WordsDecoder

    decoder = run.model.decoder
    assert isinstance(decoder, WordsDecoder)
    with torch.inference_mode():
        log_probs = decoder.word_log_probs(inputs)
        lifts = log_probs - decoder.unigram
    result = []
    for number, row in enumerate(rows):
        words = run.vocabulary.decode(row)
        index = list(row)
        log_prob, lift = (part[number, index].tolist() for part in (log_probs, lifts))
        result.append(Decoded(run.tokeniser.text(words), words, log_prob, lift))
    return result
