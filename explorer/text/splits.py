"""Which sentences of a corpus are different, drawn and held out: by hashes, so for good."""

import random
from collections.abc import Sequence

from explorer.errors import ExplorerError
from explorer.text.assembly import unit_hash
from explorer.text.normalisation import normalised

_LEAST = 10  # minimum distinct sentences to train on, split and map


def require_variety(sentences: Sequence[str], what: str, normalise: bool = True) -> None:
    """Refuses a text of too few different sentences; case and white space do not count.

    Args:
        sentences: Of the text.
        what: The text, in the message.
        normalise: Whether Unicode forms and quotes do not count either.

    Raises:
        ExplorerError: If fewer than 10 are different.
    """
    distinct = len({key(sentence, normalise) for sentence in sentences})
    if distinct < _LEAST:
        raise ExplorerError(
            f"{what} has {len(sentences):,} sentence{'s' * (len(sentences) != 1)}, {distinct:,} "
            f"of them different: at least {_LEAST} different ones are needed, and a few thousand "
            "for a useful model"
        )


def draw(splits: Sequence[str], limit: int, seed: int) -> list[int]:
    """Draws rows uniformly, at least one of each split, and sorts them."""
    shuffled = list(range(len(splits)))
    random.Random(seed).shuffle(shuffled)
    first = {splits[row]: row for row in reversed(shuffled)}
    chosen = dict.fromkeys([*first.values(), *shuffled])
    return sorted(list(chosen)[:limit])


def split(
    keys: Sequence[str], valid_fraction: float, test_fraction: float, seed: int
) -> list[str]:
    """Splits by a hash of seed and key: sentences of one key share a split.

    Adding or removing sentences moves no other sentence, except that an empty split gets the
    sentence with the nearest hash.
    """
    hashes = {name: unit_hash(seed, name) for name in dict.fromkeys(keys)}
    ranked = sorted(hashes, key=hashes.__getitem__)
    tests = sum(hashes[name] < test_fraction for name in ranked)
    tests = min(max(tests, 1), len(ranked) - 2)
    held = sum(hashes[name] < test_fraction + valid_fraction for name in ranked)
    held = min(max(held, tests + 1), len(ranked) - 1)
    side = dict.fromkeys(ranked, "train")
    side.update(dict.fromkeys(ranked[:held], "valid"))
    side.update(dict.fromkeys(ranked[:tests], "test"))
    return [side[name] for name in keys]


def key(sentence: str, normalise: bool) -> str:
    """What equal sentences share: case and white space do not count, with `normalise` spelling."""
    spelled = normalised(sentence) if normalise else sentence
    return " ".join(spelled.casefold().split())
