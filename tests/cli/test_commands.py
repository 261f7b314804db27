"""Laws of the command line: one answer, one exit code, one line on an error."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from explorer import config as configs
from explorer.cli.main import COMMANDS, main
from explorer.explore.run import open_run
from explorer.models.decoding_settings import STRATEGIES, Decoding
from explorer.runs import folder as folders
from explorer.text import corpora
from explorer.text import preview as previews
from explorer.text.corpus_catalog import NAMED
from explorer.text.read_file import read
from tests import tiny


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands run in an empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("EXPLORER_MIRROR", raising=False)
    monkeypatch.delenv("EXPLORER_RUNS", raising=False)
    (tmp_path / "checkpoints").mkdir()
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Runs a command that must fail with one line; the line."""
    assert main(argv) == 1
    out, err = capsys.readouterr()
    lines = [line for line in err.splitlines() if line.startswith("explorer: ")]
    assert out == "" and len(lines) == 1 and "Traceback" not in err
    return lines[0]


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Runs a command that must succeed; what it wrote to stdout."""
    assert main(argv) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, capsys) -> None:
    text = answer(capsys, command, "--help")
    assert "example" in text or command == "runs"
    assert f"explorer {command}" in text
    assert "--json" in text or command == "app"  # which answers in a browser


def test_help_lists_every_command(capsys) -> None:
    text = answer(capsys, "--help")
    assert all(f"  {command} " in text for command in COMMANDS)
    assert answer(capsys) == text


@pytest.mark.parametrize("argv", [["trian"], ["sample"], ["train", "a", "--resume", "--restart"]])
def test_a_wrong_command_line_is_exit_code_2(argv: list[str], capsys) -> None:
    assert main(argv) == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"one line\n", "at least 10"),
        ("a.txt", b"the same\n" * 100, "1 of them different"),
        ("a.txt", bytes(range(256)) * 10, "not text"),
        ("a.txt", "café\n".encode("latin-1") * 20, "1 of them different"),
        ("a.txt", b"word " * 2_000_000 + b"\n", "10,000,000|9,999,999"),
        ("a.csv", b"words,n\n" + b"a,1\n" * 20, "no column 'text'"),
        ("a.csv", b"text\n" + b"NaN\n" * 20, "blank|no text|empty"),
        ("a.parquet", b"PAR1 but not really", "a.parquet"),
        ("a.txt.gz", b"not gzip", "gzip"),
        ("a.docx", b"x", "ending"),
    ],
)
def test_a_bad_corpus_is_one_line(name, content, says, place: Path, capsys) -> None:
    import re

    (place / name).write_bytes(content)
    columns = () if ".txt" in name or ".docx" in name else ("--text-column", "text")
    line = refused(capsys, "new", "my", "--corpus", name, *columns)
    assert re.search(says, line) and name in line
    assert not (place / "checkpoints" / "my").exists()


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (["--set", "model.latnt=3"], "model.latnt"),
        (["--set", "training.epochs=x"], "training.epochs"),
        (["--set", "model.encoder.hiden=3"], "hiden"),
        (["--set", "nonsense"], "--set"),
        (["--set", "corpus=5"], "corpus: expected a table"),
        (["--set", f"training.learning_rate={'7' * 400}"], "training.learning_rate"),
        (["--prior", "nope"], "'nope' is not one of"),
        (["--schedule", "nope"], "'nope' is not one of"),
        (["--set", "training.optimiser={name='nope'}"], "'nope' is not one of adam, sgd, split"),
        (["--latent", "nope"], "'nope' is not one of"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_written(
    option, says, place: Path, capsys
) -> None:
    tiny.write_corpus(place / "c.csv", 40)
    argv = ["new", "my", "--corpus", "c.csv", "--text-column", "text", *option]
    assert says in refused(capsys, *argv)
    assert not (place / "checkpoints" / "my").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="names that are not UTF-8")
def test_a_folder_whose_name_is_not_utf8_leaves_nothing_half_made(place: Path, capsys) -> None:
    odd = place / "caf\udce9"
    odd.mkdir()
    corpus = str(tiny.write_corpus(place / "c.csv", 40))
    answer(capsys, "new", f"{odd}/my", "--corpus", corpus, "--text-column", "text")
    assert configs.read(odd / "my" / "config.toml").corpus.path == corpus
    inside = str(tiny.write_corpus(odd / "c.csv", 40))
    assert "Unicode" in refused(capsys, "new", "my", "--corpus", inside, "--text-column", "text")
    assert not (place / "checkpoints" / "my").exists()


def test_an_option_before_the_command_is_told_where_it_goes(capsys) -> None:
    assert main(["--json", "runs"]) == 2
    assert "explorer runs --json" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../my", "..", "con", ".hidden", "a b"])
def test_a_name_with_tricks_is_refused(name: str, place: Path, capsys) -> None:
    tiny.write_corpus(place / "c.csv", 40)
    if name == "../my":
        name = "../.."
    assert "is not a valid" in refused(capsys, "new", name, "--corpus", "c.csv")


@pytest.mark.parametrize("latent", ["gaussian", "point", "none"])
def test_new_says_what_it_found_and_never_overwrites(latent: str, place: Path, capsys) -> None:
    tiny.write_corpus(place / "c.csv", 40)
    argv = ("new", "my", "--corpus", "c.csv", "--text-column", "text", "--label-column", "label")
    argv = (*argv, "--latent", latent)
    text = answer(capsys, *argv)
    assert "45 sentences of c.csv" in text and "next: explorer train my" in text
    assert "labels  2: " in text
    recipe = (place / "checkpoints" / "my" / "config.toml").read_text(encoding="utf-8")
    assert f"# my: created by\n#   explorer {' '.join(argv)}\n" in recipe
    assert "--force" in refused(capsys, *argv)
    found = json.loads(answer(capsys, *argv, "--force", "--json", "--set", "seed=3"))
    assert found["sentences"] == 45 and found["seed"] == 3


def test_a_file_of_windows_is_read_as_such_and_its_recipe_says_so(place: Path, capsys) -> None:
    rows = [f"der {number}. Schlüssel fürs Büro hängt drüben;{number}" for number in range(40)]
    (place / "c.csv").write_bytes("\n".join(["Meldung;Nummer", *rows]).encode("cp1252"))
    argv = ("new", "my", "--corpus", "c.csv", "--text-column", "Meldung")
    assert main(argv) == 0
    assert "read as cp1252" in capsys.readouterr().err
    recipe = configs.read(place / "checkpoints" / "my" / "config.toml").corpus
    assert recipe.encoding == "cp1252"
    assert corpora.load(recipe, 0).sentences[3] == rows[3].split(";")[0]


def test_a_schedule_that_the_training_does_not_end_is_a_warning(place: Path, capsys) -> None:
    tiny.write_corpus(place / "c.csv", 40)
    argv = ["new", "my", "--corpus", "c.csv", "--text-column", "text", "--force"]
    schedule = ["--set", "objective.schedule={name='linear', epochs=5}"]
    assert main([*argv, *schedule, "--set", "training.epochs=3"]) == 0
    assert "beta ends at 0.6, not 1" in capsys.readouterr().err
    assert main([*argv, *schedule, "--set", "training.epochs=5"]) == 0
    assert "beta ends" not in capsys.readouterr().err


def test_texts_that_are_mostly_cut_are_a_warning(place: Path, capsys) -> None:
    texts = [f"{number} " + "a bus stands here and " * 20 for number in range(30)]
    (place / "long.txt").write_text("\n".join(texts), encoding="utf-8")
    assert main(["new", "my", "--corpus", "long.txt"]) == 0
    assert "--documents" in capsys.readouterr().err
    assert main(["new", "bags", "--corpus", "long.txt", "--documents"]) == 0
    assert "most texts are longer" not in capsys.readouterr().err


def test_a_corpus_that_is_not_there_names_the_command_that_gets_it(capsys) -> None:
    line = refused(capsys, "new", "my", "--corpus", "captions")
    assert "explorer corpus get captions" in line


def test_corpora_are_listed_with_their_terms(capsys) -> None:
    found = json.loads(answer(capsys, "corpus", "list", "--json"))
    assert [item["name"] for item in found] == [*NAMED]
    assert all(item["licence"] and item["present"] is False for item in found)


@pytest.mark.parametrize(
    "argv",
    [
        ["sample", "nope"],
        ["train", "nope"],
        ["export", "nope", "--out", "a.csv"],
        ["pack", "nope"],
        ["add", "nope"],
    ],
)
def test_a_run_that_is_not_there_is_one_line(argv: list[str], capsys) -> None:
    assert "nope" in refused(capsys, *argv)


def test_commands_say_what_the_library_says(tiny_run: Path, capsys) -> None:
    run, name = open_run(tiny_run), str(tiny_run)
    texts = ["a dog sleeps", "the robot sings at home"]
    assert answer(capsys, "reconstruct", name, *texts).splitlines() == run.reconstruct(texts)
    assert answer(capsys, "sample", name, "-n", "3").splitlines() == run.sample(3)
    way = answer(capsys, "interpolate", name, *texts, "--steps", "3", "--spherical")
    assert way.splitlines() == run.interpolate(*texts, steps=3, spherical=True)
    near = json.loads(answer(capsys, "neighbors", name, texts[0], "-k", "2", "--json"))
    assert [item["index"] for item in near] == [n.index for n in run.neighbours(texts[0], 2)]


def test_the_seed_decides_what_is_sampled(tiny_run: Path, capsys) -> None:
    def sampled(seed: str) -> str:
        return answer(capsys, "sample", str(tiny_run), "-n", "5", "--seed", seed)

    assert sampled("1") == sampled("1") != sampled("2")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_answers_in_json(strategy: str, tiny_run: Path, capsys) -> None:
    argv = ("sample", str(tiny_run), "-n", "2", "--json", "--strategy", strategy)
    assert len(json.loads(answer(capsys, *argv))) == 2


@pytest.mark.parametrize(
    "option", [["--temperature", "-1"], ["--top-p", "2"], ["--beam", "0"], ["--max-tokens", "0"]]
)
def test_a_decode_setting_out_of_range_is_one_line(option, tiny_run: Path, capsys) -> None:
    line = refused(capsys, "reconstruct", str(tiny_run), "a", *option)
    assert option[0].strip("-").replace("-", "_") in line


def _in_parts_of(size: int, monkeypatch) -> None:
    for module in ("cli.sample", "cli.reconstruct", "models.decoding_strategies"):
        monkeypatch.setattr(f"explorer.{module}.PART", size)


@pytest.mark.parametrize("strategy", ["sample", "beam"])
def test_many_samples_are_those_of_python(strategy, tiny_run: Path, capsys, monkeypatch) -> None:
    _in_parts_of(7, monkeypatch)
    expected = open_run(tiny_run).sample(18, Decoding(strategy=strategy, seed=3))
    argv = ("sample", str(tiny_run), "-n", "18", "--strategy", strategy, "--seed", "3")
    assert answer(capsys, *argv).splitlines() == expected
    assert [item["text"] for item in json.loads(answer(capsys, *argv, "--json"))] == expected


def test_files_go_in_and_out_in_order(tiny_run: Path, place: Path, capsys, monkeypatch) -> None:
    _in_parts_of(7, monkeypatch)
    texts = tiny.sentences(30)
    (place / "in.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    run = open_run(tiny_run)
    answer(capsys, "encode", str(tiny_run), "in.txt", "--out", "z.parquet")
    table = pq.read_table("z.parquet").to_pydict()
    assert table["text"] == texts
    assert table["z"] == [pytest.approx(row, abs=1e-5) for row in run.encode(texts).tolist()]
    for ending in ("txt", "csv", "jsonl", "parquet"):
        argv = ("reconstruct", str(tiny_run), "--file", "in.txt", "--out", f"out.{ending}")
        assert "35 sentences" in answer(capsys, *argv)
    assert pq.read_table("out.parquet").to_pydict()["text"] == texts
    words = pq.read_table("out.parquet").to_pydict()["reconstruction"]
    assert (place / "out.txt").read_text(encoding="utf-8").splitlines() == words


def test_standard_input_is_a_file(tiny_run: Path, capsys, monkeypatch) -> None:
    lines = io.TextIOWrapper(io.BytesIO(b"a dog sleeps\n\na girl sings\n"))
    monkeypatch.setattr(sys, "stdin", lines)
    text = answer(capsys, "reconstruct", str(tiny_run), "--file", "-")
    assert text.splitlines() == open_run(tiny_run).reconstruct(["a dog sleeps", "a girl sings"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n")))
    assert "UTF-8" in refused(capsys, "reconstruct", str(tiny_run), "--file", "-")


def test_what_standard_input_holds_can_be_read_back(
    tiny_run: Path, place: Path, capsys, monkeypatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"dog\0cat\n\0\n")))
    assert "1 sentences" in answer(capsys, "encode", str(tiny_run), "-", "--out", "n.csv")
    assert read(place / "n.csv", "text").texts == ["dog cat"]


def test_runs_lists_what_is_healthy_and_what_is_damaged(
    tiny_run: Path, place: Path, capsys, monkeypatch
) -> None:
    shutil.copytree(tiny_run, place / "checkpoints" / "good")
    shutil.copytree(tiny_run, place / "checkpoints" / "cut")
    weights = place / "checkpoints" / "cut" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    found = {row["name"]: row for row in json.loads(answer(capsys, "runs", "--json"))}
    assert found["good"]["error"] is None and found["good"]["kind"] == "VAE"
    assert "model.safetensors" in found["cut"]["error"]
    assert "damaged" in answer(capsys, "runs")
    assert "model.safetensors" in refused(capsys, "sample", "cut")
    assert "model.safetensors" in refused(capsys, "pack", "cut")


def test_measuring_on_a_replaced_corpus_says_so(
    tiny_run: Path, place: Path, capsys, monkeypatch
) -> None:
    shutil.copytree(tiny_run, place / "run")
    recipe, corpus = place / "run" / folders.CONFIG, place / "corpus.csv"
    real = tiny_run.parent / "corpus.csv"
    text = recipe.read_text("utf-8").replace(real.as_posix(), corpus.as_posix())
    recipe.write_text(text, "utf-8")
    monkeypatch.setattr("explorer.pipeline.evaluate", lambda *args: None)
    shutil.copyfile(real, corpus)
    assert main(["evaluate", "./run"]) == 0
    assert "no longer" not in capsys.readouterr().err
    corpus.write_text(real.read_text("utf-8").replace("dog", "fox"), "utf-8")
    assert main(["evaluate", "./run", "--json"]) == 0
    out, err = capsys.readouterr()
    assert [line for line in err.splitlines() if line] == [
        "run: its corpus is no longer the text it was trained on, so these metrics are for other "
        "sentences; restore the original file, or train again with --restart"
    ]
    assert "no longer" not in out


def test_a_pack_sent_is_a_run_received(tiny_run: Path, capsys) -> None:
    answer(capsys, "pack", str(tiny_run), "--out", "sent.zip")
    answer(capsys, "add", "sent.zip")
    assert "a" in answer(capsys, "reconstruct", tiny_run.name, "a dog sleeps")


def test_an_export_is_announced(tiny_run: Path, place: Path, capsys) -> None:
    found = json.loads(answer(capsys, "export", str(tiny_run), "--out", "m.csv", "--json"))
    assert found == {"file": "m.csv", "bytes": (place / "m.csv").stat().st_size}


def test_a_full_disk_is_one_line(tiny_run: Path, capsys, monkeypatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    for argv in (["export", str(tiny_run), "--out", "m.csv"], ["pack", str(tiny_run)]):
        assert "No space left" in refused(capsys, *argv)


@pytest.mark.parametrize(
    "argv",
    [
        ["pack", "{run}", "--out", "{run}/model.safetensors"],
        ["export", "{run}", "--out", "{run}/atlas.parquet"],
        ["encode", "{run}", "words.txt", "--out", "{run}/deeper/z.csv"],
        ["export", "{run}", "--out", "{corpus}"],
    ],
)
def test_no_result_is_written_over_a_run_or_its_corpus(argv, tiny_run: Path, place, capsys):
    (place / "words.txt").write_text("a dog sleeps\n", encoding="utf-8")
    corpus = tiny_run.parent / "corpus.csv"
    before = {path: path.read_bytes() for path in [*tiny_run.glob("*.*"), corpus]}
    line = refused(capsys, *(part.format(run=tiny_run, corpus=corpus) for part in argv))
    assert "--out" in line
    assert all(path.read_bytes() == content for path, content in before.items())


@pytest.mark.parametrize("kind", [".parquet", ".csv", ".html"])
def test_an_export_makes_the_folder_it_goes_to(kind: str, tiny_run: Path, place, capsys) -> None:
    out = place / "deep" / f"map{kind}"
    answer(capsys, "export", str(tiny_run), "--out", str(out))
    assert out.is_file()


@pytest.mark.parametrize(
    "name, text, expected",
    [
        ("a.csv", "we liked the food here,1\n{rows}", {"header": False, "prose": False}),
        ("b.csv", "id;name;said\n{columns}", {"text_column": "said", "separator": ";"}),
        ("c.txt", "we liked the food here\t1\n{tabs}", {"header": False, "separator": "\t"}),
        ("d.txt", "{paragraphs}", {"prose": True, "text_column": ""}),
    ],
)
def test_a_file_trains_as_it_is_opened(
    name: str, text: str, expected: dict, place: Path, capsys
) -> None:
    foods = [f"the food number {number} was good" for number in range(60)]
    paragraphs = [" ".join(f"{food.capitalize()}." for food in foods[n::4]) for n in range(4)]
    text = text.format(
        rows="\n".join(f"{food},{number % 3}" for number, food in enumerate(foods)),
        columns="\n".join(f"a{n};dish {n};{food}" for n, food in enumerate(foods)),
        tabs="\n".join(f"{food}\t{number % 3}" for number, food in enumerate(foods)),
        paragraphs="\n\n".join(paragraphs),
    )
    path = place / name
    path.write_text(text, encoding="utf-8")
    assert main(["new", "my", "--corpus", name]) == 0
    recipe = configs.read(place / "checkpoints/my/config.toml")
    assert {key: getattr(recipe.corpus, key) for key in expected} == expected
    assert corpora.load(recipe.corpus, 0).sentences == previews.preview(path).table.texts
    err = capsys.readouterr().err
    assert ("contains no column names" in err) == (not recipe.corpus.header)
    assert ("running text" in err) == recipe.corpus.prose


def test_a_setting_goes_before_a_guess(place: Path, capsys) -> None:
    rows = "\n".join(f"the food number {number} was good,{number % 3}" for number in range(60))
    (place / "a.csv").write_text(f"we liked the food here,1\n{rows}", encoding="utf-8")
    changes = ["--set", "corpus.header=true", "--label-column", ""]
    assert main(["new", "my", "--corpus", "a.csv", *changes]) == 0
    recipe = configs.read(place / "checkpoints/my/config.toml")
    assert recipe.corpus.text_column == "we liked the food here"
    assert recipe.corpus.header and not recipe.corpus.label_column


def test_a_kind_of_prior_is_named_once(tiny_run: Path, capsys) -> None:
    line = refused(capsys, "prior", str(tiny_run), "--fit", "nope")
    assert "mixture" in line and "normal" not in line, "only what can be fitted"
    line = refused(capsys, "prior", str(tiny_run), "--fit", "mixture", "--set", "name=flow")
    assert "--fit" in line


def test_a_home_that_is_not_there_is_one_line(capsys) -> None:
    assert "home" in refused(capsys, "new", "x", "--corpus", "~nobody-of-that-name/x.txt")


@pytest.mark.parametrize("seed", ["9223372036854775807", "18446744073709"])
def test_any_seed_there_is_draws(seed: str, tiny_run: Path, capsys) -> None:
    assert answer(capsys, "sample", str(tiny_run), "-n", "600", "--seed", seed).count("\n") == 600


def test_a_device_that_is_none_is_one_line(tiny_run: Path, capsys) -> None:
    assert "--device cpu:abc" in refused(capsys, "evaluate", str(tiny_run), "--device", "cpu:abc")


def test_an_interrupt_while_the_program_loads_ends_it_quietly() -> None:
    code = """
import sys
class Interrupted:
    def find_spec(self, name, *rest):
        if name == "explorer.cli.main":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupted())
from explorer.__main__ import main
sys.exit(main())
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.returncode == 130 and done.stderr == b""


def test_a_folder_of_runs_that_cannot_be_listed_is_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (place / "no-folder").touch()
    monkeypatch.setenv("EXPLORER_RUNS", str(place / "no-folder"))
    monkeypatch.setattr("explorer.runs.folder.checkpoints", lambda: place / "none")
    assert main(["runs"]) == 1
    assert "no-folder cannot be listed: Not a directory" in capsys.readouterr().err


@pytest.mark.parametrize("wrapped", [ImportError, RuntimeError, SystemError])
def test_an_interrupt_inside_a_library_s_import_is_one(wrapped, monkeypatch, capsys) -> None:
    def interrupted(arguments: list[str]) -> int:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise wrapped("the extension cannot be loaded") from interrupt

    monkeypatch.setattr("explorer.cli.main._dispatch", interrupted)
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_text_that_no_encoding_holds_is_written_all_the_same(tiny_run: Path, place, capsys):
    argv = ["reconstruct", str(tiny_run), "caf\udce9 dog", "--out", str(place / "o.jsonl")]
    answer(capsys, *argv)
    assert json.loads((place / "o.jsonl").read_text("utf-8"))["text"].endswith(" dog")


def test_a_terminal_without_unicode_gets_what_it_can_show(tiny_run: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    environment |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "explorer", "--help"], env=environment, capture_output=True
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["reconstruct", "RUN", ""],
        ["interpolate", "RUN", "a", " "],
        ["neighbours", "RUN", ""],
        ["arithmetic", "RUN", "a", "", "b"],
        ["encode", "RUN", "in.txt", "--out", ""],
        ["pack", "RUN", "--out", ""],
    ],
    ids=" ".join,
)
def test_an_unset_variable_of_the_shell_is_refused(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """It arrives as an empty argument, which would name the current folder."""
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert "is empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]
