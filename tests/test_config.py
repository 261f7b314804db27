"""Laws of the recipe: read strictly, written so that reading gives the same."""

import tomllib
from pathlib import Path

import pytest

from explorer import config as configs
from explorer.cli.assignments import set_value
from explorer.errors import ExplorerError

CORPUS = {"corpus": {"name": "captions"}}


def odd_config() -> configs.Config:
    table = {
        "seed": 7,
        "corpus": {
            "path": 'C:\\a "b"\n\x7f✓ =1+1.csv',
            "text_column": "#é",
            "valid_fraction": 0.1,
        },
        "model": {"encoder": {"name": "lstm", "hidden_dim": 3, "bidirectional": True}},
        "objective": {"schedule": {"name": "linear", "epochs": 1e-05, "odd key": [1, "a"]}},
    }
    return configs.from_table(table)


@pytest.mark.parametrize("config", [configs.from_table(CORPUS), odd_config()])
def test_reading_what_was_rendered_gives_the_same_config(config, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(configs.render(config, 'a\nheader with # and "quotes"'), encoding="utf-8")
    assert configs.read(path) == config


def test_every_setting_stands_in_the_file_with_its_comment() -> None:
    text = configs.render(configs.from_table(CORPUS))
    for address, _, about in configs.settings():
        assert about
        key = address.rpartition(".")[2]
        assert any(
            line.startswith(f"{key} = ") and line.endswith(f"  # {about}")
            for line in text.splitlines()
        )


def test_the_header_is_a_comment_whatever_it_holds() -> None:
    text = configs.render(configs.from_table(CORPUS), "seed = 9\n[model]")
    assert tomllib.loads(text)["seed"] == 0


@pytest.mark.parametrize(
    "odd", ["we\x1b[31mird", "a\rb", "\x7f", "\x85\u2028", "caf\udce9", "\U000e0001"]
)
def test_a_header_holds_signs_that_no_comment_may(odd: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    config = configs.from_table({"corpus": {"path": odd.replace("\udce9", "é")}})
    path.write_text(configs.render(config, f"explorer new a --corpus {odd}"), encoding="utf-8")
    assert configs.read(path) == config
    header = path.read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith("# explorer new a") and header.isprintable()


def test_text_that_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(ExplorerError, match="Unicode"):
        configs.literal("\udce9.csv")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"\[corpus\] is missing"),
        ({"corpus": {}}, "exactly one of"),
        ({"corpus": {"name": "a", "path": "b"}}, "exactly one of"),
        (CORPUS | {"modle": {}}, "unknown setting 'modle'"),
        (CORPUS | {"model": {"latnt": 1}}, "unknown setting 'model.latnt'"),
        (CORPUS | {"model": 3}, "model: expected a table"),
        (CORPUS | {"model": {"latent_dim": 2.5}}, "model.latent_dim: expected int, got 2.5"),
        (CORPUS | {"model": {"latent_dim": True}}, "model.latent_dim: expected int"),
        (CORPUS | {"model": {"prior": "normal"}}, "model.prior: expected"),
        (CORPUS | {"seed": -1}, "seed: -1 is not between"),
        (CORPUS | {"seed": 2**32}, "seed: 4294967296 is not between"),
        (CORPUS | {"atlas": {"min_dist": 5}}, "atlas.min_dist: 5.0 is not between"),
        (CORPUS | {"training": {"learning_rate": float("nan")}}, "nan is not a finite number"),
        (CORPUS | {"training": {"patience": -3}}, "training.patience: -3 is below 0"),
        (
            CORPUS
            | {
                "model": {"latent": {"name": "gaussian", "batch_norm": 0.6}},
                "training": {"batch_size": 1},
            },
            "training.batch_size must .* model.latent.batch_norm",
        ),
        (
            CORPUS | {"objective": {"rate": {"name": "free_bits", "nats": float("inf")}}},
            "objective.rate.nats: inf is not a finite number",
        ),
        (CORPUS | {"training": {"learning_rate": 10**400}}, "learning_rate: .* 19 digits"),
        (CORPUS | {"training": {"epochs": 16**5000}}, "epochs: .* 19 digits"),
        (CORPUS | {"model": {"prior": {"name": "a", "b": [10**400]}}}, "prior.b: .* 19 digits"),
        (CORPUS | {"model": {"latent_dim": -1}}, "model.latent_dim: -1 is below 0"),
        (CORPUS | {"training": {"learning_rate": 0}}, "above 0"),
        (CORPUS | {"training": {"decay": 1.5}}, "training.decay: 1.5 is not between"),
    ],
)
def test_a_wrong_setting_is_named(table: dict, message: str) -> None:
    with pytest.raises(ExplorerError, match=message):
        configs.from_table(table)


def test_an_integer_is_a_float_where_one_is_asked_for() -> None:
    config = configs.from_table(CORPUS | {"training": {"clip": 5}})
    assert isinstance(config.training.clip, float)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x = [", "not valid TOML"),
        (b"\xff\xfe", "not valid TOML"),
        (b"seed = " + b"7" * 5000, "not valid TOML"),
        (b"seed = " + b"7" * 400, "19 digits"),
        (b"seed = 0x" + b"7" * 5000, "19 digits"),
        (b"seed = " + b"[" * 3000, "not valid TOML"),
    ],
)
def test_a_damaged_file_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ExplorerError, match=message) as caught:
        configs.read(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ExplorerError, match="explorer new"):
        configs.read(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("assignment", "table"),
    [
        ("training.epochs=3", {"training": {"epochs": 3}}),
        ("model.prior.name=normal", {"model": {"prior": {"name": "normal"}}}),
        ('model.prior={ name = "normal" }', {"model": {"prior": {"name": "normal"}}}),
        ("seed = 4", {"seed": 4}),
    ],
)
def test_an_assignment_reaches_its_table(assignment: str, table: dict) -> None:
    changed: dict = {}
    set_value(changed, assignment)
    assert changed == table


@pytest.mark.parametrize(
    "assignment",
    [
        "training.epochs",
        "=3",
        "a..b=1",
        "a=[1",
        "seed.x=1",
        pytest.param(f"seed={'7' * 5000}", id="digits"),
        pytest.param(f"model.prior={'[' * 3000}", id="brackets"),
    ],
)
def test_a_malformed_assignment_is_refused(assignment: str) -> None:
    with pytest.raises(ExplorerError, match="--set"):
        set_value({"seed": 1}, assignment)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[corpus]\nname = "captions"\n', encoding="utf-8-sig")
    assert configs.read(path).corpus.name == "captions"


@pytest.mark.parametrize("former", configs.RENAMED)
def test_a_former_name_of_a_setting_is_read_as_todays(former: str) -> None:
    section, choice, *key = former.split(".")
    old = key[0] if key else choice
    new = configs.RENAMED[former]

    def table(name: str, value: object) -> dict:
        settings = {choice: {"name": "any", name: value}} if key else {name: value}
        return {section: CORPUS.get(section, {}) | settings}

    expected = configs.from_table(CORPUS | table(new, 0.25))
    assert configs.from_table(CORPUS | table(old, 0.25)) == expected
    assert f"{new} = 0.25" in configs.render(expected)
    changes: dict = {}
    set_value(changes, f"{former}=0.25")
    assert list(changes[section][choice] if key else changes[section]) == [new]
    both = table(old, 0.25)
    (both[section][choice] if key else both[section])[new] = 0.5
    with pytest.raises(ExplorerError, match=f"{new} is set twice"):
        configs.from_table(CORPUS | both)
