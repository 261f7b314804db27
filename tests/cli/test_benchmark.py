"""Laws of `explorer benchmark`: recipes that build, and a table that says what was measured."""

import json
from pathlib import Path

import pytest

from explorer import config as configs
from explorer.cli.assignments import set_value
from explorer.cli.main import main
from explorer.evaluation.published import BENCHMARKS, PTB, rows_with_rate, settings
from explorer.models.rate_penalties import penalty_for
from explorer.models.vae import build
from explorer.runs import folder as folders


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


@pytest.mark.parametrize("run", PTB)
def test_every_row_is_a_recipe_that_builds_at_the_published_size(run: str) -> None:
    table: dict = {"corpus": {"name": "ptb"}}
    for setting in settings(PTB[run], seed=0):
        set_value(table, setting)
    config = configs.from_table(table)
    model = build(config.model, 50)
    penalty_for(model, config.objective.rate)
    build(configs.final_model(config), 50)
    assert config.model.embedding_dim == model.decoder.lstm.hidden_size == 256
    short = {
        "ptb-short": 12,
        "ptb-short-language-model": 16,
        "ptb-encoder": 1,
        "ptb-after-language-model": 8,
        "ptb-descent": 5,
        "ptb-second-descent": 5,
        "ptb-third-descent": 5,
        "ptb-fourth-descent": 5,
        "ptb-low-rate": 5,
        "ptb-constant-after-language-model": 4,
    }
    assert config.training.epochs == short.get(run, 45)


def test_the_commands_hold_every_row_and_its_settings(capsys) -> None:
    assert main(["benchmark", "ptb", "--commands", "--seed", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(PTB)
    assert all("--set seed=2" in line and "-seed2" in line for line in lines)
    made = dict(zip(PTB, lines, strict=True))
    for run, row in PTB.items():
        if row.after:
            assert list(PTB).index(row.after) < list(PTB).index(run)
            assert f'run="{row.after}-seed2"' in made[run]


def test_commands_and_recipes_are_told_in_json_too(place: Path, capsys) -> None:
    assert main(["benchmark", "ptb", "--commands"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["benchmark", "ptb", "--commands", "--json"]) == 0
    assert [" && ".join(row) for row in json.loads(capsys.readouterr().out).values()] == lines
    for run in PTB:
        (place / "checkpoints" / run).mkdir()
        (place / "checkpoints" / run / "config.toml").touch()
    assert main(["benchmark", "ptb", "--make", "--json"]) == 0
    made = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(row["folder"]).name for row in made] == list(PTB)


def test_a_seed_no_recipe_takes_is_refused(capsys) -> None:
    assert main(["benchmark", "ptb", "--commands", "--seed", "-4"]) == 1
    assert "--seed: -4" in capsys.readouterr().err


def test_an_unmeasured_table_gives_the_printed_figures_only(capsys) -> None:
    assert main(["benchmark", "ptb"]) == 0
    text = capsys.readouterr().out
    assert "96.86" in text and text.count("not measured") == len(PTB)
    assert main(["benchmark", "ptb", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ptb-linear"]["published"]["perplexity"] == 101.40
    assert found["ptb-linear"]["measured"] == {}


def test_a_measured_row_says_on_what(place: Path, capsys) -> None:
    folder = place / "checkpoints" / "ptb-linear"
    folder.mkdir()
    metrics = {
        "importance_ppl": {"value": 101.5, "n": 3761, "samples": 500},
        "active_units": {"value": 0, "n": 3761, "of": 32},
    }
    (folder / folders.METRICS).write_text(json.dumps(metrics), encoding="utf-8")
    recipe = "[corpus]\nname = 'ptb'\n[training]\npretrain_epochs = 3\nepochs = 9\n"
    (folder / folders.CONFIG).write_text(recipe, encoding="utf-8")
    folders.write_checksums(folder)
    assert main(["benchmark", "ptb"]) == 0
    line = next(row for row in capsys.readouterr().out.splitlines() if "  ptb-linear" in row)
    assert "3,761 sentences, K = 500; 3 + 9 epochs" in line and "101.50" in line
    assert main(["benchmark", "ptb", "--commands"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if not line.startswith("explorer new ")] == [
        "explorer train ptb-linear && explorer evaluate ptb-linear --samples 500"
    ]


def test_an_unknown_benchmark_names_those_there_are(capsys) -> None:
    assert main(["benchmark", "yahoo"]) == 1
    assert all(name in capsys.readouterr().err for name in BENCHMARKS)


@pytest.mark.soak
def test_making_the_table_writes_recipes_with_the_real_corpus(
    mirror: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each row reads the corpus, for seconds; `explorer new` is the same for all of them.
    few = {run: PTB[run] for run in ("ptb-free-bits-5", "ptb-language-model", "ptb-descent")}
    monkeypatch.setitem(BENCHMARKS, "ptb", ("ptb", few))
    assert main(["benchmark", "ptb", "--make"]) == 0
    config = configs.read(Path("checkpoints/ptb-free-bits-5") / folders.CONFIG)
    assert config.objective.rate == {"name": "free_bits", "nats": 5.0}
    assert config.training.pretrain_epochs == 20
    capsys.readouterr()
    assert main(["benchmark", "ptb", "--make"]) == 0
    assert capsys.readouterr().out.count("already exists") == len(few)


def test_a_published_row_adds_up_or_says_that_it_does_not() -> None:
    rows = rows_with_rate("ptb")
    assert len(rows) == 4
    for row in rows:
        printed = row.published
        assert printed.elbo and printed.rate is not None and printed.distortion
        adds_up = abs(printed.rate + printed.distortion - printed.elbo) < 0.011
        assert adds_up == (not printed.note), row.title
