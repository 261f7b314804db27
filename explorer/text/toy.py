"""The smallest corpus that shows who needs a latent space: three sentences, one word each."""

LETTERS = ("a", "b", "c")
LENGTH = 3


def sentences(count: int) -> list[str]:
    """So many sentences of the kinds `a a a`, `b b b` and `c c c`, each kind equally often.

    Their entropy is log 3 nats a sentence, all of it in the first word: who has read that word
    knows the others.
    """
    return [" ".join([LETTERS[row % len(LETTERS)]] * LENGTH) for row in range(count)]
