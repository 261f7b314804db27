"""A toy corpus of three sentences, each one word repeated."""

LETTERS = ("a", "b", "c")
LENGTH = 3


def sentences(count: int) -> list[str]:
    """`count` sentences, cycling through `a a a`, `b b b` and `c c c`.

    Their entropy is log 3 nats per sentence, all of it in the first word.
    """
    return [" ".join([LETTERS[row % len(LETTERS)]] * LENGTH) for row in range(count)]
