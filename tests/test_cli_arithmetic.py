"""Laws of `explorer arithmetic`."""

import json
from pathlib import Path

import pytest

from explorer.cli.main import main
from explorer.run import open_run

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
    assert distances == pytest.approx(run.place(z)[1].tolist())
    assert (told["a"], told["b"], told["c"]) == ENDS


@pytest.mark.parametrize("k", ["nan", "inf", "1e9"])
def test_a_k_that_leads_nowhere_is_refused(k: str, tiny_run: Path, capsys) -> None:
    assert main(["arithmetic", str(tiny_run), *ENDS, "--k", k]) == 1
    assert "--k" in capsys.readouterr().err
