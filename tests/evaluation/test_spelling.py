"""Laws of the open vocabulary: a distribution over all words, the same cost for every model."""

import math
from collections import Counter
from itertools import product

import pytest
import torch

from explorer.evaluation import spelling
from explorer.evaluation.context import HeldOut
from explorer.evaluation.evaluate import evaluate
from explorer.evaluation.spelling import SpellingModel
from explorer.text.bpe import PieceVocabulary
from explorer.text.tokens import SPECIALS
from explorer.text.vocabulary import WordVocabulary
from tests.evaluation.test_likelihood import tiny

KNOWN = WordVocabulary([*SPECIALS, "red", "blue", "dogs", "cats", "run"])
TRAINING = [["red", "dogs", "run"], ["plum", "dogs"], ["plums", "run", "plumper"]]


def measure(tokens: list[list[str]], vocabulary=KNOWN, model=None, **more) -> dict:
    ids = [vocabulary.encode(row) for row in tokens]
    held_out = HeldOut(tokens=tokens, ids=ids, training=TRAINING)
    torch.manual_seed(0)
    return evaluate(
        model or tiny("none", 0).float(), vocabulary, held_out, samples=3, drawn=4, **more
    )


def test_probabilities_of_all_continuations_sum_to_one() -> None:
    model = SpellingModel(["plum", "plums", "prune"])
    for start in ("", "pl", "plum", "x"):
        context = (-1, *start.encode())[-spelling.ORDER :]
        total = sum(model._probability(context, symbol) for symbol in range(257))
        assert total == pytest.approx(1)


def test_words_of_an_alphabet_never_sum_to_more_than_one() -> None:
    model = SpellingModel(["ab", "ba", "aab"])
    words = ("".join(letters) for n in range(8) for letters in product("ab", repeat=n))
    total = sum(math.exp(-model.nats(word)) for word in words)
    assert 0.5 < total < 1


def test_likely_spellings_are_cheap_and_any_word_has_a_price() -> None:
    model = SpellingModel(["running", "jumping", "singing", "ringing"])
    assert model.nats("swinging") < model.nats("gnigniws")
    assert math.isfinite(model.nats("犬\ud800"))
    assert model.nats("plum") == SpellingModel(
        Counter({"running": 9, "jumping": 1, "singing": 2, "ringing": 1})
    ).nats("plum")


def test_the_spelling_teacher_is_the_unknown_words_where_there_are_enough(monkeypatch) -> None:
    every = spelling.spelling_model(KNOWN, TRAINING)
    monkeypatch.setattr(spelling, "LEAST_WORDS", 3)
    unknown = spelling.spelling_model(KNOWN, TRAINING)
    assert unknown.nats("plum") < every.nats("plum")
    assert unknown.nats("plum") == SpellingModel(["plum", "plums", "plumper"]).nats("plum")


def test_spelling_costs_the_same_for_every_model() -> None:
    tokens = [["red", "plum", "run"], ["dogs", "run"], ["plums", "plum"]]
    model = spelling.spelling_model(KNOWN, TRAINING)
    cost = 2 * model.nats("plum") + model.nats("plums")
    for made in (tiny("none", 0).float(), tiny(latent_dim=2).float()):
        metrics = measure(tokens, model=made)
        assert metrics["open_vocabulary_ppl"]["spelling"] == pytest.approx(cost)
        ratio = metrics["open_vocabulary_ppl"]["value"] / metrics["importance_ppl"]["value"]
        assert math.log(ratio) == pytest.approx(cost / 10, rel=1e-5)  # 7 words and 3 ends
    for name in ("importance_ppl", "open_vocabulary_ppl"):
        assert metrics[name]["unknown"] == 3
        assert metrics[name]["unknown_sentences"] == 2


def test_without_unknown_words_it_is_the_perplexity_itself() -> None:
    metrics = measure([["red", "dogs", "run"], ["cats"]])
    assert metrics["open_vocabulary_ppl"]["value"] == metrics["importance_ppl"]["value"]
    words = Counter(word for tokens in TRAINING for word in tokens)
    pieces = PieceVocabulary.learned(words, 270)
    model = tiny("none", 0, words=len(pieces)).float()
    found = measure([["red", "plum"], ["prunes"]], pieces, model)
    assert found["open_vocabulary_ppl"]["value"] == found["importance_ppl"]["value"]
    assert "unknown" not in found["importance_ppl"]


def test_a_corpus_without_its_rare_words_has_no_open_vocabulary() -> None:
    entry = measure([["red", "<unk>", "run"]])["open_vocabulary_ppl"]
    assert entry["value"] is None and entry["reason_code"] == "replaced_words"


def test_references_hold_no_unknown_word_where_some_sentence_has_none() -> None:
    from explorer.evaluation.context import EvaluationContext

    def real(tokens: list[list[str]]) -> list[list[str]]:
        held_out = HeldOut(tokens=tokens, ids=[KNOWN.encode(row) for row in tokens])
        settings = {"vocabulary": KNOWN, "held_out": held_out, "samples": 1, "drawn": 9, "seed": 0}
        return EvaluationContext(model=tiny("none", 0), **settings).real

    assert real([["red", "plum"], ["blue"], ["cats", "run"]]) == [["blue"], ["cats", "run"]]
    assert real([["plum"], ["plums"]]) == [["plum"], ["plums"]]
