"""Groups whose texts begin alike are named so, others by their words."""

import numpy as np
import pytest

from explorer.latent_space.cluster_names import Namer, share_named
from explorer.latent_space.opening_names import begins, words_of

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
    assert names[0] == "how …, what …"
    assert "happy song" in names[2] and "…" not in names[2]
    assert share_named(TEXTS, GROUP, names) == 1.0


def test_no_two_groups_are_named_by_one_opening():
    texts = [f"he {verb} {noun}" for verb in "saw had was" for noun in map(str, range(40))]
    texts += [f"{noun}x {noun}y" for noun in map(str, range(400))]
    group = np.concatenate([np.arange(len(texts) - 400) % 2, np.full(400, 2)])
    names = Namer(texts).names(group)
    assert len(set(names)) == 3


@pytest.mark.parametrize("word", ["asian", "black"])
def test_no_opening_describes_people_by_origin(word):
    texts = [f"{word} {noun} here" for noun in ["men", "women", "boys", "girls", "kids"]]
    texts += [f"some {noun} there {number}" for number, noun in enumerate("abcdefghijklmn")]
    names = Namer(texts).names(np.array([0] * 5 + [1] * 14))
    assert not any(word in name for name in names)


def test_a_text_begins_as_a_name_says_whatever_its_case_and_punctuation():
    assert begins("“How  DO you know?”", "how do …, why …")
    assert begins("Why not", "how do …, why …")
    assert not begins("How is it", "how do …, why …")
    assert not begins("how", "how do …")
    assert not begins("dog", "dog, cat")
    assert words_of("how do …, the dog, why …") == ["the", "dog"]
