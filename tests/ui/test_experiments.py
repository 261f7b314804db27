"""The page Experiments: cards, one opened at its address, its settings, its job and its result."""

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from explorer.experiments.registry import EXPERIMENTS
from explorer.system.durations import duration
from explorer.ui.components.escaping import markdown
from explorer.ui.experiments import pictures
from explorer.workspace import experiment_results, jobs
from explorer.workspace.experiment_results import Question
from tests.experiments.test_registry import OUTCOME
from tests.workspace.test_jobs import until

Open = Callable[..., AppTest]


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that are started get no process."""
    monkeypatch.setattr(jobs, "_start", lambda number: None)


def written(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.info, at.success, at.warning, at.error, at.title)
    return "\n".join(str(item.value) for kind in kinds for item in kind)


def test_the_cards_stand_in_order_with_claim_expectation_and_time(app: Open) -> None:
    at = app("experiments")
    text = written(at)
    places = [text.index(f"{markdown(entry.title)}**") for entry in EXPERIMENTS.values()]
    assert places == sorted(places)
    for entry in EXPERIMENTS.values():
        assert markdown(entry.claim) in text and markdown(entry.expected) in text
        assert f"about {duration(entry.seconds)}" in text
    assert [link.proto.label for link in at.get("page_link")][-1].startswith("Prepared scenes")


def test_a_card_opens_and_the_next_one_follows_in_the_address(app: Open) -> None:
    at = app("experiments")
    at.button(key="open_em").click().run()
    assert at.query_params["experiment"] in ("em", ["em"])
    assert markdown(EXPERIMENTS["em"].title) in at.title[0].value
    at.button(key="experiment_to_next").click().run()
    names = list(EXPERIMENTS)
    after = names[names.index("em") + 1]
    assert at.query_params["experiment"] in (after, [after])
    at.button(key="experiment_to_all").click().run()
    assert "experiment" not in at.query_params
    assert at.title[0].value == "Experiments"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_opens_with_its_settings_and_its_code(app: Open, name: str) -> None:
    entry, at = EXPERIMENTS[name], app("experiments", experiment=name)
    assert not at.error
    text = written(at)
    assert all(markdown(part) in text for part in (entry.claim, entry.trains, entry.expected))
    assert [item.value for item in at.code][:2] == [
        entry.code.rstrip(),
        f"explorer experiment {name}",
    ]
    assert at.number_input(key=f"{name}.seed").value == entry.seed
    assert "Expected outcome (sketch)" in text, "nothing has run yet"


def test_an_address_that_names_no_experiment_shows_the_cards(app: Open) -> None:
    assert app("experiments", experiment="<b>no").title[0].value == "Experiments"


def test_settings_are_in_the_command_and_choose_the_stored_result(app: Open) -> None:
    experiment_results.store(Question.of("em", {"components": 30}), OUTCOME, 3.0)
    at = app("experiments", experiment="em")
    assert not at.warning
    at.number_input(key="em.components").set_value(30).run()
    assert at.code[1].value == "explorer experiment em --set components=30"
    assert "not as expected" in at.warning[0].value, "it says so where it differs"
    assert r"Seen \<b\>this\<\/b\>\." in at.warning[0].value, "text is shown as typed"
    assert at.get("plotly_chart") and len(at.dataframe) == 2
    assert at.get("page_link")[-1].proto.label == "Compare"


@pytest.mark.usefixtures("no_process")
def test_run_queues_a_job_once_and_cancel_takes_it_back(app: Open) -> None:
    at = app("experiments", experiment="em")
    at.button(key="experiment_run").click().run()
    (job,) = jobs.jobs()
    assert (job.kind, job.name, job.steps) == ("experiment", "em", [["experiment", "em"]])
    assert at.button(key="experiment_run").disabled
    assert experiment_results.submit(Question.of("em", {})) == job.id, "the same is not run twice"
    other = experiment_results.submit(Question.of("em", {}, seed=5))
    waiting = app("experiments", experiment="em", **{"em.seed": "5"})
    assert "Waiting for the previous experiment" in waiting.info[0].value
    waiting.button(key="experiment_stop").click().run()
    assert jobs.job(other).state == jobs.STOPPED


@pytest.mark.slow
def test_a_job_runs_shows_its_curves_and_stores_its_outcome(app: Open) -> None:
    question = Question.of("ignored-latent", {"epochs": 1})
    number = experiment_results.submit(question)
    seen: list[int] = []

    def is_done() -> bool:
        seen.append(len(experiment_results.charts_so_far(jobs.job(number))))
        return jobs.job(number).state not in (jobs.QUEUED, jobs.RUNNING)

    until(is_done)
    assert jobs.job(number).state == jobs.DONE, jobs.job(number).message
    assert max(seen) == 1, "a live picture"
    result = experiment_results.stored(question)
    assert result is not None and re.search(r"final rate is", result.outcome.seen)
    at = app("experiments", experiment="ignored-latent", **{"ignored-latent.epochs": "1"})
    assert at.get("plotly_chart") and not at.error


def test_a_failed_job_says_why(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_start", lambda number: None)
    number = experiment_results.submit(Question.of("gaps", {}))
    jobs.note_ended(number, jobs.FAILED, "no run `captions-smooth`")
    assert "captions" in app("experiments", experiment="gaps").error[0].value


def test_small_pictures_are_images_with_a_description() -> None:
    sketch = pictures.small(None, [[0.0, 1.0], [0.5]])
    assert sketch.startswith("<img") and "Sketch of the expected outcome" in sketch
    drawn = pictures.small(OUTCOME.charts[0], [])
    assert drawn.count("rect") and "Your last result: c" in drawn
