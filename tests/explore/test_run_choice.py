"""Runs chosen by what their folders record, never by their names."""

from dataclasses import replace

from explorer.config import Config, CorpusConfig, ModelConfig
from explorer.explore import run_choice
from explorer.explore.run_choice import Record

CAPTIONS = Config(corpus=CorpusConfig(name="captions"))
USES = {
    "rate": {"value": 8.0},
    "mutual_information": {"value": 7.0, "n": 5000},
    "active_units": {"value": 32, "of": 32},
    "shuffled_z_gap": {"value": 20.0},
    "prior_z_gap": {"value": 20.0},
}
COLLAPSED = {
    "rate": {"value": 0.03},
    "mutual_information": {"value": 0.03, "n": 5000},
    "active_units": {"value": 0, "of": 32},
    "shuffled_z_gap": {"value": 0.05},
    "prior_z_gap": {"value": 0.5},
}


def record(name: str, metrics: dict, recipe: Config = CAPTIONS, has_map: bool = True) -> Record:
    return Record(name, recipe, metrics, has_map)


def with_schedule(name: str, seed: int = 0) -> Config:
    objective = replace(CAPTIONS.objective, schedule={"name": name})
    return replace(CAPTIONS, seed=seed, objective=objective)


def test_recorded_metrics_decide_who_uses_z() -> None:
    assert record("a", USES).uses_z and not record("a", USES).ignores_z
    assert record("b", COLLAPSED).ignores_z and not record("b", COLLAPSED).uses_z
    assert not record("c", {}).uses_z and not record("c", {}).ignores_z


def test_a_pair_whose_recipes_differ_in_one_part_comes_first() -> None:
    collapsed = record("z", COLLAPSED, with_schedule("constant"))
    alike = record("y", USES, with_schedule("linear"))
    other = record("a", USES, with_schedule("cyclical", seed=3))
    for order in ([collapsed, other, alike], [alike, other, collapsed]):
        assert run_choice.collapsed_and_healthy(order) == ("z", "y")


def test_else_the_lowest_rate_stands_beside_a_run_of_its_corpus() -> None:
    ptb = replace(with_schedule("constant"), corpus=CorpusConfig(name="ptb"))
    low = record("low", COLLAPSED | {"rate": {"value": 0.001}}, ptb)
    foreign = record("foreign", USES, with_schedule("linear", seed=2))
    assert run_choice.collapsed_and_healthy([low, foreign]) is None
    same = record("same", USES, replace(ptb, seed=4, model=ModelConfig(latent_dim=8)))
    assert run_choice.collapsed_and_healthy([low, foreign, same]) == ("low", "same")


def test_a_run_without_a_map_is_the_last_choice() -> None:
    mapped = record("mapped", COLLAPSED | {"rate": {"value": 0.05}}, with_schedule("constant", 1))
    bare = record("bare", COLLAPSED, with_schedule("constant", 2), has_map=False)
    healthy = record("healthy", USES, with_schedule("linear", 3))
    assert run_choice.collapsed_and_healthy([bare, mapped, healthy]) == ("mapped", "healthy")


def test_the_prior_page_opens_where_the_prior_misses_most_and_z_is_used() -> None:
    fits, misses = record("fits", USES), record("misses", USES | {"prior_z_gap": {"value": 24.0}})
    assert run_choice.prior_misses_most([fits]) is None
    assert run_choice.prior_misses_most([record("c", COLLAPSED), fits, misses]) == "misses"


def test_the_healthiest_is_never_noise() -> None:
    noise, healthy = record("noise", COLLAPSED), record("healthy", USES)
    assert run_choice.healthiest([noise, healthy]) == "healthy"
    assert run_choice.healthiest([noise]) == "noise"
    assert run_choice.healthiest([]) is None


def test_labels_are_switched_by_a_run_that_was_measured_to_do_it() -> None:
    labelled = replace(CAPTIONS, model=ModelConfig(labels=("bad", "good")))
    rarely, often = ({"label_switch_accuracy": {"value": value}} for value in (0.2, 0.9))
    records = [record("plain", USES), record("rarely", rarely, labelled)]
    assert run_choice.switches_labels_best(records) is None
    assert run_choice.switches_labels_best([*records, record("often", often, labelled)]) == "often"


def test_codes_are_swapped_by_a_run_in_which_that_changes_sentences() -> None:
    deaf, near, far = (
        record(name, USES | {"code_swap_changes": {"value": changes}, "bleu": {"value": bleu}})
        for name, changes, bleu in (("deaf", 0.1, 50.0), ("near", 0.9, 30.0), ("far", 0.9, 20.0))
    )
    plain = record("plain", USES | {"bleu": {"value": 60.0}})
    assert run_choice.swaps_codes_best([plain, deaf]) is None
    assert run_choice.swaps_codes_best([plain, deaf, far, near]) == "near"


def test_of_documents_the_most_coherent_come_first_and_others_never() -> None:
    bags = replace(CAPTIONS, corpus=CorpusConfig(name="20news", tokens="bag"))
    low, high = (
        record(name, {"npmi": {"value": npmi}}, bags) for name, npmi in (("a", 0.1), ("b", 0.3))
    )
    unknown, bare = (
        record("c", {}, bags),
        record("d", {"npmi": {"value": 0.9}}, bags, has_map=False),
    )
    sentences = record("e", {"npmi": {"value": 0.9}})
    runs = [low, unknown, bare, sentences, high]
    assert run_choice.of_documents(runs) == ["b", "a", "c"]
    assert run_choice.of_documents([sentences]) == []
