"""The first calls of a function in each test are checked against its annotations."""

import numpy as np
import pytest
from jaxtyping import TypeCheckError

from explorer.latent_space.random_rows import draw


@pytest.mark.parametrize("again", [False, True])
def test_the_first_calls_are_checked_and_the_rest_is_not(again):
    wrong = "many"
    with pytest.raises(TypeCheckError):
        draw(wrong, 2, 0)
    for _ in range(20):
        np.testing.assert_array_equal(draw(2, 2, 0), [0, 1])
    with pytest.raises(TypeError, match="str") as raised:
        draw(wrong, 2, 0)
    assert raised.type is TypeError
