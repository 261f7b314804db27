"""A typed sentence as the corpus would write it, where the model knows more of its words so."""

import re

from explorer.run import Run
from explorer.text.tokens import Tokeniser

# "don't" is "do n't" in the corpora that come in tokens, after the Penn Treebank.
_SHORT_FORMS = re.compile(r"(?<=\w)(n't|'(?:s|m|re|ve|ll|d))(?!\w)")


def as_the_corpus_writes(run: Run, text: str) -> str | None:
    """The sentence in lower case, signs split off; None where the model knows no more of it so."""
    split = " ".join(Tokeniser(True, True).tokens(text.replace("’", "'")))
    ways = (split, _SHORT_FORMS.sub(r" \1", split))
    best = min(ways, key=lambda way: len(run.unknown(way)))
    return best if len(run.unknown(best)) < len(run.unknown(text)) else None
