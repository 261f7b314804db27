"""Laws of starting with the weights of a trained run."""

from pathlib import Path

import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.errors import ExplorerError
from explorer.models.output_softmax import token_log_prob
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.system.file_checksums import sha256
from explorer.text.tokens import SPECIALS
from explorer.text.vocabulary import WordVocabulary
from tests import tiny

LANGUAGE_MODEL = (
    ("latent_dim = 4", 'latent_dim = 0\nlatent = { name = "none" }'),
    ('rate = { name = "free_bits", nats = 4.0 }', 'rate = { name = "plain" }'),
)


def write_run(
    folder: Path,
    *changes: tuple[str, str],
    sentences: int = 80,
    start: str = "",
    **training: object,
) -> Path:
    """A recipe below a folder, with some of its lines changed."""
    corpus = tiny.write_corpus(folder.parent / f"corpus{sentences}.csv", sentences)
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=training.pop("epochs", 1))
    text = text.replace("pretrain_epochs = 2", f"pretrain_epochs = {training.pop('pretrain', 1)}")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    lines = ["[training]", "save_seconds = 0.0"]
    if start:
        freeze = training.pop("freeze_epochs", 0)
        lines.append(f'start = {{ name = "run", run = "{start}", freeze_epochs = {freeze} }}')
    folder.mkdir()
    (folder / folders.CONFIG).write_text(text.replace("[training]", "\n".join(lines)), "utf-8")
    return folder


def train(folder: Path) -> dict[str, torch.Tensor]:
    list(pipeline.train(folder, "cpu"))
    return weights.load_model(folder)[2].state_dict()


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_run(tmp_path_factory.mktemp("start") / "lm", *LANGUAGE_MODEL)
    train(folder)
    return folder


def test_what_was_taken_rests_while_what_is_new_learns(
    language_model: Path, tmp_path: Path
) -> None:
    before = weights.load_model(language_model)[2].state_dict()
    start = language_model.as_posix()
    first = train(write_run(tmp_path / "drawn", start=start, epochs=0, pretrain=0))
    after = train(write_run(tmp_path / "rested", start=start, freeze_epochs=2))
    width = before["decoder.lstm.weight_ih_l0"].shape[1]
    assert width < after["decoder.lstm.weight_ih_l0"].shape[1]
    for name, old in before.items():
        assert torch.equal(after[name][..., : old.shape[-1]], old), name
    new = {name for name in after.keys() - before.keys() if "embedding" not in name}
    assert {name.partition(".")[0] for name in new} == {"encoder", "latent", "decoder"}
    assert all(not torch.equal(after[name], first[name]) for name in new)
    inputs = [state["decoder.lstm.weight_ih_l0"][:, width:] for state in (first, after)]
    assert not torch.equal(*inputs)


def test_after_its_rest_everything_learns(language_model: Path, tmp_path: Path) -> None:
    before = weights.load_model(language_model)[2].state_dict()
    after = train(write_run(tmp_path / "my", start=language_model.as_posix(), freeze_epochs=1))
    for name, old in before.items():
        assert not torch.equal(after[name][..., : old.shape[-1]], old), name


def test_what_rested_to_the_end_learns_in_the_stage_after(
    language_model: Path, tmp_path: Path
) -> None:
    before = weights.load_model(language_model)[2].state_dict()
    joint = 'fine_tuning = { name = "joint", epochs = 1, nats = 0.0, learning_rate = 0.005 }'
    stage = ("bf16 = false", f"bf16 = false\n{joint}")
    start = language_model.as_posix()
    after = train(write_run(tmp_path / "my", stage, start=start, freeze_epochs=2))
    assert not torch.equal(after["embedding.weight"], before["embedding.weight"])


def test_a_run_of_the_same_recipe_starts_as_the_other_ended(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first")
    ended = train(first)
    started = train(write_run(tmp_path / "my", start=first.as_posix(), epochs=0, pretrain=0))
    assert all(torch.equal(started[name], ended[name]) for name in ended)
    learned = train(write_run(tmp_path / "on", start=first.as_posix(), pretrain=0))
    assert not any(torch.equal(learned[name], ended[name]) for name in ended)


def test_a_prior_that_was_taken_is_not_placed_anew(tmp_path: Path) -> None:
    mixture = (
        ("latent_dim = 4", 'latent_dim = 4\nprior = { name = "mixture", components = 3 }'),
        ('rate = { name = "free_bits", nats = 4.0 }', 'rate = { name = "floor", nats = 4.0 }'),
        ("learning_rate = 0.01", "learning_rate = 1e-9"),
    )
    first = write_run(tmp_path / "first", *mixture)
    ended = train(first)
    after = train(write_run(tmp_path / "my", *mixture, start=first.as_posix(), pretrain=0))
    priors = [name for name in ended if name.startswith("prior.")]
    assert priors and all(torch.allclose(after[name], ended[name], atol=1e-3) for name in priors)
    # To another encoder it does not fit.
    wider = (
        *mixture,
        (
            'encoder = { name = "lstm", hidden_dim = 16 }',
            'encoder = { name = "lstm", hidden_dim = 10 }',
        ),
    )
    other = train(write_run(tmp_path / "other", *wider, start=first.as_posix(), pretrain=0))
    assert not torch.allclose(other["prior.means"], ended["prior.means"], atol=1e-3)


def test_words_are_matched_by_spelling(tmp_path: Path) -> None:
    first = write_run(tmp_path / "first", ("vocabulary_size = 60", "vocabulary_size = 20"))
    ended = train(first)
    mine = write_run(tmp_path / "my", start=first.as_posix(), sentences=240, epochs=0, pretrain=0)
    drawn = train(write_run(tmp_path / "drawn", sentences=240, epochs=0, pretrain=0))
    started = train(mine)
    known, words = (
        WordVocabulary.load(folder / folders.VOCABULARY).entries for folder in (first, mine)
    )
    assert known != words[: len(known)]
    for name in ("embedding.weight", "decoder.output.bias"):
        for row, word in enumerate(words):
            other = ended[name][known.index(word)] if word in known else drawn[name][row]
            assert torch.equal(started[name][row], other), (name, word)


@pytest.mark.parametrize("reports", [2, 4, 5, 7])
def test_stopped_and_resumed_equals_uninterrupted(
    language_model: Path, tmp_path: Path, reports: int
) -> None:
    start = language_model.as_posix()
    whole, part = (
        write_run(tmp_path / name, start=start, freeze_epochs=1) for name in ("whole", "part")
    )
    tiny.check_resumed(whole, part, reports)


def test_what_cannot_be_started_from_is_refused(language_model: Path, tmp_path: Path) -> None:
    def refused(start: str, *changes: tuple[str, str]) -> str:
        folder = write_run(tmp_path / f"r{len(list(tmp_path.iterdir()))}", *changes, start=start)
        with pytest.raises(ExplorerError) as caught:
            list(pipeline.train(folder, "cpu"))
        assert not (folder / folders.WEIGHTS).exists()
        return str(caught.value)

    assert "there is no run 'nowhere'" in refused("nowhere")
    untrained = write_run(tmp_path / "untrained")
    assert "untrained" in refused(untrained.as_posix())
    start = language_model.as_posix()
    assert "have 12 dimensions" in refused(start, ("embedding_dim = 12", "embedding_dim = 13"))
    assert f'weights = "{sha256(language_model / folders.WEIGHTS)}"' in refused(
        f'{start}", weights = "0123'
    )


def test_a_layer_at_rest_gives_the_gradient_it_would_give_otherwise() -> None:
    torch.manual_seed(0)
    hidden, weight, bias = torch.randn(9, 4), torch.randn(30, 4), torch.randn(30)
    targets = torch.randint(30, (9,))
    gradients = []
    for rests in (True, False):
        inputs = hidden.clone().requires_grad_()
        layer = [part.clone().requires_grad_(not rests) for part in (weight, bias)]
        token_log_prob(inputs, *layer, targets).sum().backward()
        assert (layer[0].grad is None) == rests
        gradients.append(inputs.grad)
    assert torch.equal(*gradients)


def test_new_takes_sizes_weights_and_their_checksum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    first = write_run(tmp_path / "checkpoints" / "first")
    ended = train(first)
    tiny.write_corpus(tmp_path / "mine.csv", 60)
    argv = ["new", "mine", "--corpus", "mine.csv", "--text-column", "text", "--start", "first"]
    assert main([*argv, "--set", "training.epochs=0"]) == 0
    assert "weights are from first" in capsys.readouterr().out
    made = configs.read(tmp_path / "checkpoints" / "mine" / folders.CONFIG)
    assert made.model == configs.read(first / folders.CONFIG).model
    assert made.training.pretrain_epochs == 0
    assert made.training.start == {
        "name": "run",
        "run": "first",
        "weights": sha256(first / folders.WEIGHTS),
        "freeze_epochs": 0,
    }
    started = train(tmp_path / "checkpoints" / "mine")
    assert torch.equal(started["encoder.lstm.weight_hh_l0"], ended["encoder.lstm.weight_hh_l0"])
    assert torch.equal(started["embedding.weight"][: len(SPECIALS)], ended["embedding.weight"][:4])


def test_new_after_a_language_model_pretrains_an_encoder(
    language_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.write_corpus(tmp_path / "mine.csv", 60)
    argv = ["new", "./mine", "--corpus", "mine.csv", "--text-column", "text"]
    assert main([*argv, "--start", str(language_model)]) == 0
    made = configs.read(tmp_path / "mine" / folders.CONFIG)
    theirs = configs.read(language_model / folders.CONFIG)
    assert made.model.decoder == theirs.model.decoder
    assert made.model.embedding_dim == theirs.model.embedding_dim
    assert made.model.latent_dim > 0
    assert made.training.start["freeze_epochs"] > made.training.pretrain_epochs > 0


def test_a_language_model_after_another_trains_all_its_weights(
    language_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.write_corpus(tmp_path / "mine.csv", 60)
    argv = ["new", "./mine", "--corpus", "mine.csv", "--text-column", "text", "--latent", "none"]
    assert main([*argv, "--start", str(language_model), "--set", "training.epochs=1"]) == 0
    before = weights.load_model(language_model)[2].state_dict()
    after = train(tmp_path / "mine")
    assert not torch.equal(after["decoder.lstm.weight_hh_l0"], before["decoder.lstm.weight_hh_l0"])


def test_a_recipe_that_freezes_every_weight_is_refused(
    language_model: Path, tmp_path: Path
) -> None:
    start = language_model.as_posix()
    everything = write_run(tmp_path / "my", *LANGUAGE_MODEL, start=start, freeze_epochs=1)
    with pytest.raises(ExplorerError, match=r"freeze_epochs"):
        train(everything)


def test_what_hangs_on_labels_is_not_taken_over_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    labels = 'labels = ["animal", "other"]\nauxiliary = { name = "adversary" }\n[objective]'
    first = write_run(tmp_path / "first", ("[objective]", labels))
    train(first)
    argv = ["new", "--corpus", "corpus80.csv", "--text-column", "text", "--start", "./first"]
    assert main([*argv, "./plain"]) == 0
    assert main([*argv, "./told", "--label-column", "label", "--conditional"]) == 0
    plain, told = (
        configs.read(tmp_path / name / folders.CONFIG).model for name in ("plain", "told")
    )
    assert (plain.labels, plain.auxiliary["name"]) == ((), "none")
    assert (told.labels, told.auxiliary["name"]) == (("animal", "other"), "adversary")


def test_a_recipe_may_start_from_what_is_trained_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    tiny.write_corpus(tmp_path / "mine.csv", 60)
    argv = ["new", "mine", "--corpus", "mine.csv", "--text-column", "text"]
    assert main([*argv, "--set", 'training.start={name="run",run="later"}']) == 0
    assert "there is no run 'later'" in capsys.readouterr().err
    assert main(["train", "mine"]) == 1
    assert "there is no run 'later'" in capsys.readouterr().err
    assert main([*argv, "--force", "--set", 'training.start={name="later"}']) == 1
    assert main([*argv, "--force", "--start", "later"]) == 1
