"""Laws of `explorer arithmetic` and `explorer dimensions`."""

import json
from pathlib import Path

import pytest

from explorer.cli.main import main
from explorer.explore import sentence_groups
from explorer.explore.run import open_run
from explorer.latent_space.dimension_words import dimension_words

ENDS = ("a dog sleeps at home", "a dog sings at home", "two cats sleeps outside")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in an empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))


def test_every_k_is_decoded_and_measured(tiny_run: Path, capsys) -> None:
    assert main(["arithmetic", str(tiny_run), *ENDS, "--k", "-1", "0", "2"]) == 0
    first, header, *rows = capsys.readouterr().out.splitlines()
    assert all(f"“{text}”" in first for text in ENDS)
    assert header.split() == ["k", "distance", "sentence"]
    assert [row.split()[0] for row in rows] == ["-1", "0", "2"]
    assert all(float(row.split()[1]) >= 0 for row in rows)


def test_json_tells_what_the_run_says(tiny_run: Path, capsys) -> None:
    assert main(["arithmetic", str(tiny_run), *ENDS, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    run = open_run(tiny_run)
    z = run.analogy(*ENDS, [1, 1.5, 2, 3])
    assert [item["k"] for item in told["results"]] == [1, 1.5, 2, 3]
    assert [item["text"] for item in told["results"]] == run.decode(z)
    distances = [item["distance"] for item in told["results"]]
    assert distances == pytest.approx(run.locate(z)[1].tolist())
    assert (told["a"], told["b"], told["c"]) == ENDS


def test_a_direction_between_groups_is_that_of_their_means(tiny_run: Path, capsys) -> None:
    words = ["a dog waits", "--towards", "robot", "--away", "dog", "--k", "1", "2"]
    assert main(["arithmetic", str(tiny_run), *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    run = open_run(tiny_run)
    known = sentence_groups.groups_of(run)
    ends = sentence_groups.ends(run, known, "dog", "robot")
    assert [item["text"] for item in told["results"]] == run.decode(
        run.analogy(*ends, "a dog waits", [1, 2])
    )
    assert told["members"] == [
        len(sentence_groups.members(run, known, name)) for name in ("robot", "dog")
    ]
    assert main(["arithmetic", str(tiny_run), *words]) == 0
    assert f"“dog” ({told['members'][1]} sentences)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "b"], "2 given, but needed: three sentences"),
        (
            ["a", "b", "c", "--towards", "dog", "--away", "robot"],
            "3 given, but needed: one sentence, C",
        ),
        (["a", "--towards", "dog"], "both --towards and --away"),
        (["a", "--towards", "dog", "--away", "zyx"], "“zyx”: no sentence"),
    ],
)
def test_half_a_question_is_refused(words: list[str], message: str, tiny_run, capsys) -> None:
    assert main(["arithmetic", str(tiny_run), *words]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("k", ["nan", "inf", "1e9"])
def test_a_k_that_leads_nowhere_is_refused(k: str, tiny_run: Path, capsys) -> None:
    assert main(["arithmetic", str(tiny_run), *ENDS, "--k", k]) == 1
    assert "--k" in capsys.readouterr().err


def test_dimensions_are_named_by_the_words_of_their_sides(tiny_run: Path, capsys) -> None:
    assert main(["dimensions", str(tiny_run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["dimensions"]
    run = open_run(tiny_run)
    found = dimension_words(run.texts, run.atlas.mean)
    assert sorted(item["dimension"] for item in told) == list(range(len(found)))
    assert [item["variance"] for item in told] == sorted(run.atlas.mean.var(axis=0))[::-1]
    for item in told:
        one = found[item["dimension"]]
        assert (item["low"], item["high"]) == (one.low, one.high)
    assert main(["dimensions", str(tiny_run)]) == 0
    header, names, *rows = capsys.readouterr().out.splitlines()
    assert f"{len(run.texts)} sentences" in header and len(rows) == len(found)
    assert names.split() == ["dimension", "variance", "low", "high", "length"]
