"""Laws of conditional models: p(x | z, c) with c switchable while z stays."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch.nn import functional

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.evaluation import likelihood
from explorer.explore.run import open_run
from explorer.models import label_conditioning
from explorer.models.auxiliary_losses import Adversary, Sentences
from explorer.models.batch_inference import distortions
from explorer.models.decoding_settings import Decoding
from explorer.models.padding import collate
from explorer.models.vae import TextVAE, build
from explorer.text.tokens import EOS, PAD
from tests import tiny

pytestmark = pytest.mark.slow

KINDS = ("animal", "other")
IDS = [[5, 6, 7], [8, 9], [5], [6, 7, 8, 9]]


def conditional(**settings: object) -> TextVAE:
    torch.manual_seed(0)
    config = ModelConfig(
        embedding_dim=8,
        latent_dim=3,
        encoder={"name": "lstm", "hidden_dim": 8},
        decoder={"name": "lstm", "hidden_dim": 8, **settings},
        labels=KINDS,
    )
    return build(config, 12).eval()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    labelled = tiny.RECIPE.replace("[objective]", f"labels = {json.dumps(KINDS)}\n\n[objective]")
    return tiny.build(tmp_path_factory.mktemp("control"), "led", 12, labelled)


def test_a_code_is_one_at_its_label_and_even_without_one() -> None:
    found = label_conditioning.one_hot([1, label_conditioning.NO_LABEL, 0], 2)
    assert found.tolist() == [[0, 1], [0.5, 0.5], [1, 0]]


def test_strength_goes_from_the_average_through_the_label_and_beyond() -> None:
    one = label_conditioning.label_code(KINDS, "animal", 1.0)
    assert one.tolist() == [1, 0]
    assert label_conditioning.label_code(KINDS, "animal", 0.0).tolist() == [0.5, 0.5]
    assert label_conditioning.label_code(KINDS, "animal", 3.0).tolist() == [2, -1]
    assert label_conditioning.label_code(KINDS, "").tolist() == [0.5, 0.5]


def test_the_label_changes_what_the_decoder_says_and_not_what_the_encoder_sees() -> None:
    model, z = conditional(), torch.randn(4, 3)
    tokens = collate(IDS)
    first, second = (
        model.decoder.log_prob(model.condition(z, [label] * 4), tokens) for label in (0, 1)
    )
    assert (first - second).abs().min() > 0
    assert torch.equal(model.posterior(tokens).mean, model.posterior(tokens).mean)


def test_figures_of_a_conditional_model_are_those_of_each_sentence_with_its_own_label() -> None:
    model, labels = conditional(), [0, 1, label_conditioning.NO_LABEL, 1]
    z = torch.randn(4, 3)
    together = distortions(model, z, IDS, labels=labels)
    for row, (ids, label) in enumerate(zip(IDS, labels, strict=True)):
        alone = distortions(model, z[row : row + 1], [ids], labels=[label])
        torch.testing.assert_close(together[row : row + 1], alone)
    swapped = distortions(model, z, IDS, labels=[1, 0, label_conditioning.NO_LABEL, 0])
    assert (swapped - together).abs()[[0, 1, 3]].min() > 0
    assert swapped[2] == together[2]
    nll = likelihood.importance_estimates(model, IDS, 3, labels=labels).nll
    assert not torch.equal(nll, likelihood.importance_estimates(model, IDS, 3).nll)


def test_a_model_without_labels_is_not_touched_by_conditioning() -> None:
    z = torch.randn(2, 3)
    plain = build(ModelConfig(embedding_dim=4, latent_dim=3), 9)
    assert plain.condition(z, [1, 0]) is z
    assert plain.condition_on_label(z) is z
    with pytest.raises(ExplorerError, match="conditional"):
        plain.condition_on_label(z, "animal")


def test_a_conditional_run_writes_about_what_its_label_says(run_folder: Path) -> None:
    run = open_run(run_folder)
    z = run.prior_samples(60, seed=1)
    shares = [
        np.mean(["dog" in text for text in run.decode(z, Decoding(label=label, strength=2.0))])
        for label in KINDS
    ]
    assert shares[0] > 0.5 > 0.1 > shares[1]


def test_an_unknown_label_is_refused_by_name(run_folder: Path) -> None:
    run = open_run(run_folder)
    with pytest.raises(ExplorerError, match="'plant' is not one of animal, other"):
        run.sample(1, Decoding(label="plant"))


def test_the_command_line_makes_and_steers_a_conditional_run(
    run_folder: Path, tmp_path: Path
) -> None:
    def explorer(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "explorer", *words], capture_output=True, text=True, check=False
        )

    corpus = run_folder.parent / "corpus.csv"
    columns = ("--text-column", "text", "--label-column", "label")
    made = explorer(
        "new", str(tmp_path / "my"), "--corpus", str(corpus), *columns, "--conditional"
    )
    assert made.returncode == 0, made.stderr
    assert 'labels = ["animal", "other"]' in (tmp_path / "my" / "config.toml").read_text()
    said = explorer(
        "sample", str(run_folder), "-n", "20", "--label", "animal", "--strength", "2", "--json"
    )
    assert said.returncode == 0, said.stderr
    assert said.stdout.count("dog") > 10
    guessed = explorer("new", str(tmp_path / "g"), "--corpus", str(corpus), "--conditional")
    assert guessed.returncode == 0
    assert 'labels = ["animal", "other"]' in (tmp_path / "g" / "config.toml").read_text()
    none = ("--label-column", "")
    bare = explorer("new", str(tmp_path / "no"), "--corpus", str(corpus), *none, "--conditional")
    assert bare.returncode == 1
    assert "label" in bare.stderr and "Traceback" not in bare.stderr


def test_a_recipe_that_names_labels_the_corpus_lacks_is_refused(tmp_path: Path) -> None:
    wrong = tiny.RECIPE.replace("[objective]", 'labels = ["animal", "plant"]\n\n[objective]')
    with pytest.raises(ExplorerError, match="no label 'plant'"):
        tiny.build(tmp_path, "wrong", 1, wrong)


def auxiliary(**settings: object) -> TextVAE:
    torch.manual_seed(0)
    config = ModelConfig(embedding_dim=8, latent_dim=3, auxiliary=settings, labels=KINDS)
    return build(config, 12)


def test_a_bag_of_words_counts_each_word_and_no_order() -> None:
    head = auxiliary(name="bag_of_words", weight=2.0).auxiliary
    z = torch.randn(1, 3).expand(3, -1)
    loss = head(z, Sentences(collate([[5, 6, 7], [7, 6, 5], [5, 6, 7, 7]]), ()))
    torch.testing.assert_close(loss[0], loss[1])
    assert loss[2] > loss[0]
    every_word = head(torch.zeros(12, 3), Sentences(collate([[word] for word in range(12)]), ()))
    seen = [word for word in range(12) if word not in (PAD, EOS)]
    assert torch.exp(-every_word[seen] / 2.0).sum() < 1


def test_an_adversary_turns_the_gradient_of_the_encoder_and_not_its_own() -> None:
    head = auxiliary(name="adversary", weight=3.0).auxiliary
    assert isinstance(head, Adversary)
    z = torch.randn(4, 3, requires_grad=True)
    target = [0, 1, label_conditioning.NO_LABEL, 1]
    head(z, Sentences(collate(IDS), target)).sum().backward()
    assert z.grad is not None
    turned, own = z.grad, [weight.grad for weight in head.parameters()]
    other = z.detach().requires_grad_()
    plain = functional.cross_entropy(
        head.classifier(other), torch.tensor(target), ignore_index=-1, reduction="sum"
    )
    straight = torch.autograd.grad(plain, [other, *head.parameters()])
    torch.testing.assert_close(turned, -3.0 * straight[0])
    for mine, expected in zip(own, straight[1:], strict=True):
        torch.testing.assert_close(mine, expected)
    assert not turned[2].any()


@pytest.mark.parametrize(
    ("settings", "labels", "said"),
    [
        ({"name": "adversary"}, (), "needs model.labels"),
        ({"name": "bag_of_words", "weight": 0.0}, KINDS, "not above 0"),
        ({"name": "bag"}, KINDS, "not one of"),
    ],
)
def test_impossible_auxiliaries_are_refused(settings: dict, labels: tuple, said: str) -> None:
    with pytest.raises(ExplorerError, match=said):
        build(ModelConfig(auxiliary=settings, labels=labels), 12)


def test_an_adversary_takes_the_label_out_of_z(tmp_path: Path) -> None:
    labelled = tiny.RECIPE.replace("[objective]", f"labels = {json.dumps(KINDS)}\n\n[objective]")
    against = labelled.replace("labels =", 'auxiliary = {{ name = "adversary" }}\nlabels =')
    left = {}
    for name, recipe in (("with", against), ("without", labelled)):
        run = open_run(tiny.build(tmp_path / name, name, 12, recipe))
        assert run.corpus is not None and run.corpus.labels is not None
        z = run.encode(run.corpus.sentences)
        kinds = np.array(run.corpus.labels) == "animal"
        read = LogisticRegression().fit(z, kinds).predict_proba(z)[:, 1]
        left[name] = roc_auc_score(kinds, read)
    assert left["with"] < left["without"] - 0.1
