"""Groups that share phrases are named so, others by their words."""

import numpy as np
import pytest

from explorer.latent_space.cluster_names import Namer, share_named
from explorer.latent_space.name_parts import holds, informative_words

QUESTIONS = [f"How do I {verb} it?" for verb in ["open", "close", "fix", "sell", "buy", "send"]]
OTHERS = [f"What is a {noun}?" for noun in ["lamp", "table", "river"]]
STATEMENTS = [
    f"The {noun} stood there" for noun in ["lamp", "table", "river", "car", "dog", "bus"]
]
SONGS = [f"{verb} a happy song" for verb in ["play", "sing", "hear", "write", "find", "stop"]]
TEXTS = [*QUESTIONS, *OTHERS, *STATEMENTS, *SONGS]
GROUP = np.repeat([0, 1, 2], [9, 6, 6])


def test_a_group_is_named_by_what_most_of_its_texts_share():
    names = Namer(TEXTS).names(GROUP)
    assert "how do" in names[0]
    assert "stood there" in names[1] or "stood" in names[1]
    assert "happy song" in names[2]
    assert share_named(TEXTS, GROUP, names) >= 0.9


def test_no_two_groups_are_named_by_one_phrase():
    texts = [f"he {verb} {noun}" for verb in "saw had was" for noun in map(str, range(40))]
    texts += [f"{noun}x {noun}y" for noun in map(str, range(400))]
    group = np.concatenate([np.arange(len(texts) - 400) % 2, np.full(400, 2)])
    names = Namer(texts).names(group)
    assert len(set(names)) == 3


@pytest.mark.parametrize("word", ["asian", "black"])
def test_no_phrase_describes_people_by_origin(word):
    texts = [f"{word} {noun} here" for noun in ["men", "women", "boys", "girls", "kids"]]
    texts += [f"some {noun} there {number}" for number, noun in enumerate("abcdefghijklmn")]
    names = Namer(texts).names(np.array([0] * 5 + [1] * 14))
    assert not any(word in name for name in names)


def test_a_text_holds_any_informative_word_of_a_name_and_a_phrase_as_a_whole():
    assert holds("“Please  TELL me!”", "tell me, weather")
    assert holds("the weather", "tell me, weather")
    assert holds("I was there", "i was, he had") and not holds("he was", "i was, he had")
    assert holds("one credit", "credit card") and holds("my card", "credit card")
    assert informative_words("how do, credit card, i'm") == ["credit", "card"]


def test_a_name_does_not_say_one_thing_twice():
    texts = [f"{who} don't know {row}" for row in range(40) for who in ("I", "we")]
    texts += [f"{who} don't {row}" for row in range(40) for who in ("I", "we")]
    texts += [f"They {row} stood" for row in range(600)]
    parts = Namer(texts).names(np.repeat([0, 1], [160, 600]))[0].split(", ")
    assert all(one == two or one not in two for one in parts for two in parts)
    assert len({part.split()[-1] for part in parts}) == len(parts)


def test_no_phrase_begins_or_ends_with_an_article_or_a_preposition():
    texts = [f"it was a {row} of the {row % 7}" for row in range(60)]
    texts += [f"boats{row} sank" for row in range(200)]
    name = Namer(texts).names(np.repeat([0, 1], [60, 200]))[0]
    assert "it was" in name.split(", ") and not {"a", "of", "the"} & set(name.split())


@pytest.mark.parametrize(("with_phrase", "is_named_by_words"), [(5, True), (55, False)])
def test_a_phrase_names_a_group_only_where_it_covers_much_more_than_words(
    with_phrase, is_named_by_words
):
    texts = [f"{word} {row}" for word in ("flights", "luggage") for row in range(20)]
    texts += [f"can you {row}" for row in range(with_phrase)]
    texts += [f"{row} {row}" for row in range(100 - len(texts))]
    background = [f"{row} boats{row}" for row in range(700)]
    group = np.repeat([0, 1], [100, 700])
    parts = Namer(texts + background).names(group)[0].split(", ")
    assert ("can you" not in parts) == is_named_by_words
    assert set(parts) & {"flights", "luggage"}


def test_pronouns_name_a_group_only_if_half_of_it_holds_one() -> None:
    """Else one in ten texts would name thousands."""
    rng = np.random.default_rng(0)
    nouns = [f"noun{number}" for number in range(400)]

    def texts(share: float) -> list[str]:
        return [
            " ".join(["she" if rng.random() < share else "nobody", "sees", *rng.choice(nouns, 3)])
            for _ in range(300)
        ]

    others = [" ".join(["nobody", "sees", *rng.choice(nouns, 3)]) for _ in range(900)]
    group = np.repeat([0, 1], [300, 900])
    assert "she" in Namer(texts(0.9) + others).names(group)[0]
    name = Namer(texts(0.3) + others).names(group)[0]
    assert name.startswith(("“", "region"))
