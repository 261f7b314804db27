"""How well decoded sentences repeat the ones that were encoded."""

from collections.abc import Callable, Sequence

from explorer.text.tokens import SPECIALS, UNK

Sentences = Sequence[Sequence[str]]

_UNKNOWN = SPECIALS[UNK]
# Two markers no tokeniser yields, since tokens hold no white space: an unknown word of one side
# never equals one of the other.
_HYPOTHESIS, _REFERENCE = "\u2047h", "\u2047r"

LENGTHS = ((1, 5), (6, 10), (11, 15), (16, 20), (21, 30), (31, 0))
"""Buckets of reference lengths in words, ends included; 0 is no end."""


def _marked(tokens: Sequence[str], marker: str) -> list[str]:
    return [marker if token == _UNKNOWN else token for token in tokens]


def bleu(hypotheses: Sentences, references: Sentences) -> float:
    """Corpus BLEU-4 on normalised tokens, 0 … 100; `<unk>` matches nothing, not even itself.

    Raises:
        ValueError: If there are no sentences, or not as many of one as of the other.

    Source:
        Papineni et al. (2002); Post (2018), arXiv:1804.08771: sacrebleu with tokenize="none".
    """
    import sacrebleu

    _check(hypotheses, references)
    hypothesis = [" ".join(_marked(tokens, _HYPOTHESIS)) for tokens in hypotheses]
    reference = [" ".join(_marked(tokens, _REFERENCE)) for tokens in references]
    return sacrebleu.corpus_bleu(hypothesis, [reference], tokenize="none", force=True).score


def has_four(sentences: Sentences) -> bool:
    """Whether some sentence has four words; if none has, BLEU-4 is always 0."""
    return any(len(tokens) >= 4 for tokens in sentences)


def exact_match(hypotheses: Sentences, references: Sentences) -> float:
    """Fraction of sentences repeated word for word, 0 to 1; one with `<unk>` never counts."""
    _check(hypotheses, references)
    pairs = zip(hypotheses, references, strict=True)
    hits = sum(
        _marked(hypothesis, _HYPOTHESIS) == _marked(reference, _REFERENCE)
        for hypothesis, reference in pairs
    )
    return hits / len(references)


def token_accuracy(hypotheses: Sentences, references: Sentences) -> float:
    """Fraction of the references' words at the same position in the hypothesis, 0 to 1.

    Raises:
        ValueError: If the references hold no word.
    """
    _check(hypotheses, references)
    words = sum(map(len, references))
    if not words:
        raise ValueError("the sentences contain no words")
    hits = sum(
        left == right
        for hypothesis, reference in zip(hypotheses, references, strict=True)
        for left, right in zip(
            _marked(hypothesis, _HYPOTHESIS), _marked(reference, _REFERENCE), strict=False
        )
    )
    return hits / words


def repeated_content_words(hypotheses: Sentences, references: Sentences) -> list[tuple[int, int]]:
    """How many content words of the references occur anywhere in their hypothesis.

    A content word has more than three letters and is not among scikit-learn's English stop words.

    Returns:
        For the first to the last quarter of a sentence, by the position of the word in
        it: the number of its repeated content words, and of all its content words.
    """
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    _check(hypotheses, references)
    repeated, total = [0] * 4, [0] * 4
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        present = set(hypothesis)
        for position, word in enumerate(reference):
            if len(word) > 3 and word.isalpha() and word not in ENGLISH_STOP_WORDS:
                quarter = 4 * position // len(reference)
                total[quarter] += 1
                repeated[quarter] += word in present
    return list(zip(repeated, total, strict=True))


def by_length(
    measure: Callable[[Sentences, Sentences], float],
    hypotheses: Sentences,
    references: Sentences,
) -> list[dict[str, float | int | str]]:
    """A measure for each bucket of reference length that holds a sentence it can be taken of."""
    result: list[dict[str, float | int | str]] = []
    for low, high in LENGTHS:
        rows = [
            row
            for row, tokens in enumerate(references)
            if low <= len(tokens) and (not high or len(tokens) <= high)
        ]
        reference = [references[row] for row in rows]
        if rows and (measure is not bleu or has_four(reference)):
            value = measure([hypotheses[row] for row in rows], reference)
            name = f"{low}–{high}" if high else f"≥ {low}"
            result.append({"words": name, "value": value, "n": len(rows)})
    return result


def _check(hypotheses: Sentences, references: Sentences) -> None:
    if not references or len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses for {len(references)} references")
