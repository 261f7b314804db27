"""The model card tells the scores, and leaves a person's words alone."""

import json
from pathlib import Path

import pytest

from explorer.errors import ExplorerError
from explorer.evaluation.verdict import uses_z
from explorer.pipeline import model_card
from explorer.runs import folder as folders


def run(folder: Path, **metrics: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text('[corpus]\nname = "captions"\n', encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    folders.write_checksums(folder)
    return folder


def test_a_new_card_holds_scores_data_and_the_command(tmp_path: Path) -> None:
    rate = {"value": 11.25, "unit": "nats per sentence", "n": 5000, "error": 0.25}
    again = {"value": 21.0, "n": 1000, "reference": 34.4}
    folder = run(
        tmp_path / "r",
        rate=rate,
        self_bleu=again,
        verdict="healthy",
        command="explorer evaluate r",
    )
    model_card.write(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "(`rate`) | 11.25 ± 0.25 | nats per sentence |  | 5,000 |" in text
    assert "(`self_bleu`) | 21.00 | BLEU-4, 0 to 100 | held-out 34.4 | 1,000 |" in text
    assert "**Uses z: yes.**" in text and "`explorer evaluate r`" in text
    assert "explorer train r --restart" in text


def test_a_card_says_whose_weights_were_the_first(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", verdict="healthy")
    start = 'start = {name = "run", run = "/some/where/first"}'
    path = folder / "config.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}[training]\n{start}\n", encoding="utf-8")
    model_card.write(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "epochs, after those of first." in text
    assert "/some/where" not in text


def test_what_does_not_apply_is_left_out(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", rate={"value": None, "reason": "a language model has none"})
    model_card.write(folder)
    assert "`rate`" not in (folder / "README.md").read_text(encoding="utf-8")


def test_only_the_scores_of_an_edited_card_change(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", rate={"value": 1.0, "n": 9, "unit": "nats per sentence"})
    model_card.write(folder)
    path = folder / "README.md"
    edited = path.read_text(encoding="utf-8").replace("## Data", "## Mine\n\nwords\n\n## Data")
    path.write_text(edited, encoding="utf-8")
    run(folder, rate={"value": 2.0, "n": 9, "unit": "nats per sentence"})
    model_card.write(folder)
    assert path.read_text(encoding="utf-8") == edited.replace("| 1.00 |", "| 2.00 |")


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("", "A sentence VAE"),
        ("latent = {name = 'point'}", "A plain autoencoder"),
        (
            "latent = {name = 'point'}\nencoder = {name = 'lstm', word_dropout = 0.3}",
            "A denoising autoencoder",
        ),
        ("latent = {name = 'none'}\nlatent_dim = 0", "A language model"),
    ],
)
def test_a_card_says_what_kind_of_model_it_is_and_how_long_each_stage_was(
    tmp_path: Path, model: str, kind: str
) -> None:
    folder = run(tmp_path / "r")
    tuned = "" if "point" in model else "fine_tuning = {name = 'joint', epochs = 3}\n"
    recipe = f"[corpus]\nname = 'captions'\n[model]\n{model}\n[training]\nepochs = 7\n{tuned}"
    (folder / "config.toml").write_text(recipe, encoding="utf-8")
    folders.write_checksums(folder)
    model_card.write(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{kind} trained on" in text
    assert f"2 + 7{' + 3' if tuned else ''} epochs" in text


def test_a_card_of_given_vectors_names_their_encoder(tmp_path: Path) -> None:
    folder = run(tmp_path / "r")
    recipe = (
        "[corpus]\nname = 'captions'\n[model]\nlatent_dim = 384\nlatent = {name = 'vectors'}\n"
        "encoder = {name = 'vectors', dim = 384, norm = 1.0, source = 'minilm'}\n"
        "[training]\nfit_prior = {name = 'flow_matching'}\n"
    )
    (folder / "config.toml").write_text(recipe, encoding="utf-8")
    folders.write_checksums(folder)
    model_card.write(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "A decoder of sentence vectors trained on" in text
    assert "vectors of minilm, which is needed to encode typed text" in text
    assert "sampled from a flow-matching model" in text.lower()


def test_a_card_in_another_encoding_keeps_its_bytes(tmp_path: Path) -> None:
    folder = run(tmp_path / "r", rate={"value": 1.0, "n": 9, "unit": "nats per sentence"})
    mine = "# Läufe\n\nÜber alles.\n".encode("latin-1")
    (folder / "README.md").write_bytes(mine)
    for _ in range(2):
        model_card.write(folder)
        text = (folder / "README.md").read_bytes()
        assert text.startswith(mine) and text.count(b"## Scores") == 1


@pytest.mark.parametrize("content", [b"step,rate\n1,\xff\n", b"step\n1,2\n", b"step\nmany\n"])
def test_a_history_that_is_no_table_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.csv").write_bytes(content)
    with pytest.raises(ExplorerError, match=r"history\.csv is damaged"):
        folders.read_history(tmp_path)


def test_a_card_says_what_the_run_is_for_and_what_it_cannot_do(tmp_path: Path) -> None:
    metrics = {
        "rate": {"value": 0.01, "n": 9},
        "active_units": {"value": 0, "of": 32, "n": 9},
        "mutual_information": {"value": 0.0, "n": 9},
        "shuffled_z_gap": {"value": 0.0, "n": 9},
        "bleu": {"value": 4.0, "n": 9},
    }
    folder = run(tmp_path / "r", **metrics)
    model_card.write(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles == ["## Intended use", "## Limits", "## Data", "## Scores", "## Reproduce"]
    limits = text.partition("## Limits")[2].partition("## Data")[0]
    assert "vectors" not in limits
    assert "BLEU 4" in limits and uses_z(metrics).sentence in limits
    assert "| metric |" not in model_card.without_scores(text)


def test_without_a_measurement_no_heading_stands_over_an_empty_table(tmp_path: Path) -> None:
    folder = run(tmp_path / "r")
    model_card.write(folder)
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "Not evaluated yet." in text and "| metric |" not in text
