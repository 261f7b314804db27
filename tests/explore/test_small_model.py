"""Laws of models trained in memory."""

import numpy as np

from explorer.experiments import codes, documents
from explorer.explore import run_codes
from explorer.explore.small_model import train_small
from explorer.models.words import WordsDecoder
from explorer.text.tokens import SPECIALS
from tests import tiny

ROWS = [text.split() for text in tiny.sentences()[:60]]


def test_a_model_of_documents_begins_with_the_frequencies_of_its_words() -> None:
    settings = documents.Settings(topics=2, epochs=1)
    small = train_small(documents.recipe(documents.NVDM, settings, 0), ROWS, ROWS[:5])
    assert isinstance(small.model.decoder, WordsDecoder)
    p = small.model.decoder.unigram.exp().numpy()[len(SPECIALS) :]
    assert abs(p.sum() - 1) < 1e-4
    words = [word for row in ROWS for word in row]
    number = [words.count(entry) for entry in small.vocabulary.entries[len(SPECIALS) :]]
    assert np.allclose(p, (np.array(number) + 0.5) / (len(words) + 0.5 * len(p)), rtol=1e-3)


def test_a_model_of_codes_trains_and_is_asked_as_a_run_is() -> None:
    settings = codes.Settings(codes=3, categories=4, epochs=1)
    small = train_small(codes.recipe(settings, 0), ROWS, ROWS[:5])
    z = small.encode([" ".join(row) for row in ROWS[:2]])
    own = run_codes.codes(small, z)
    (changed,) = run_codes.swapped(small, z[0], 1, [int(own[0, 1] + 1) % 4])
    assert (run_codes.codes(small, changed[None])[0] != own[0]).tolist() == [False, True, False]
    assert len(small.decode(z)) == 2
