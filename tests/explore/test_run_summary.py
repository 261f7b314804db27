"""One line about a run says what z is made of."""

from explorer.explore.run import open_run
from explorer.explore.run_summary import summary


def test_a_latent_space_has_dimensions(tiny_run):
    run = open_run(tiny_run)
    assert f"{run.config.model.latent_dim} dimensions" in summary(run)


def test_codes_are_counted_with_their_categories(code_run):
    run = open_run(code_run)
    number = len(run.codes(run.texts[0]))
    size = f"{number} codes of {run.model.latent.num_categories} values"
    assert size in summary(run) and "dimensions" not in summary(run)
