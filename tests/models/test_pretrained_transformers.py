"""Pre-trained language models are read as the reference implementation reads them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from explorer.config import ModelConfig
from explorer.errors import ExplorerError
from explorer.models.pretrained_transformers import find
from explorer.models.transformer import Transformer, TransformerShape
from explorer.models.vae import build

FOLDERS = Path(__file__).parents[1] / "fixtures" / "language_models"
STACK = "decoder.transformer."


def logits(source: str, tokens: torch.Tensor) -> torch.Tensor:
    found = find(source)
    weights = found.weights()
    stack = Transformer(found.shape).eval()
    names = [name for name in weights if name.startswith(STACK)]
    stack.load_state_dict({name.removeprefix(STACK): weights[name] for name in names})
    embedding = weights["embedding.weight"]
    x = embedding[tokens]
    with torch.no_grad():
        return (
            stack(x, stack.empty(x[:, 0]))[0] @ weights.get("decoder.output.weight", embedding).T
        )


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_logits_are_those_of_the_reference_implementation(name: str) -> None:
    reference = load_file(FOLDERS / name / "reference.safetensors")
    found = logits(str(FOLDERS / name), reference["tokens"])
    assert reference["logits"].std() > 0.3
    assert (found - reference["logits"]).abs().max() < 1e-4


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_a_decoder_of_its_sizes_takes_its_first_layers(name: str) -> None:
    settings = find(str(FOLDERS / name)).decoder(layers=1)
    model = build(ModelConfig(embedding_dim=16, latent_dim=4, decoder=settings), 30)
    own = {item: weight.shape for item, weight in model.state_dict().items()}
    read = find(str(FOLDERS / name)).weights()
    taken = [item for item in read if item in own and item.startswith(STACK)]
    assert {item for item in own if item.startswith(STACK)} == set(taken)
    assert all(own[item] == read[item].shape for item in taken)
    assert any(item.startswith(f"{STACK}blocks.1.") for item in read)


def test_a_memory_without_weight_leaves_a_language_model() -> None:
    decoder = {"name": "transformer", "hidden_dim": 8, "heads": 2, "inject": "memory"}
    config = ModelConfig(embedding_dim=8, latent_dim=3, decoder=decoder | {"memory_score": -1e4})
    model = build(config, 12).eval()
    tokens = torch.tensor([[1, 5, 6, 7, 2]])
    one, other = (model.decoder.logits(z, tokens) for z in torch.randn(2, 1, 3))
    assert torch.allclose(one, other, atol=1e-6)
    with torch.no_grad():
        model.decoder.memory_score.zero_()
    one, other = (model.decoder.logits(z, tokens) for z in torch.randn(2, 1, 3))
    assert not torch.allclose(one, other, atol=1e-6)


def changed(folder: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> str:
    shutil.copytree(FOLDERS / name, folder)
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("llama", lambda c: c.update(model_type="mamba"), "'mamba': llama and gpt2 are supported"),
        ("llama", lambda c: c.update(attention_bias=True), "biases"),
        ("llama", lambda c: c["rope_parameters"].update(rope_type="yarn"), "scaled"),
        ("llama", lambda c: c.update(hidden_act="gelu"), "hidden_act = 'gelu'"),
        ("llama", lambda c: c.update(head_dim=8), "heads"),
        ("llama", lambda c: c.pop("hidden_size"), "hidden_size"),
        ("gpt2", lambda c: c.update(n_head=3), "divide"),
        ("gpt2", lambda c: c.update(activation_function="relu"), "'relu'"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    tmp_path: Path, name: str, change: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(ExplorerError, match="cannot be used") as error:
        find(changed(tmp_path / "model", name, change))
    assert message in str(error.value)


def test_damaged_weights_are_refused(tmp_path: Path) -> None:
    folder = changed(tmp_path / "model", "llama", lambda config: None)
    weights = Path(folder) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ExplorerError, match=r"model\.safetensors is damaged"):
        find(folder).weights()


def test_impossible_shapes_are_refused() -> None:
    for settings, message in (
        ({"kv_heads": 3}, "kv_heads that divide"),
        ({"norm": "batch"}, "layer, rms"),
        ({"activation": "relu"}, "gelu, swiglu"),
        ({"positions": -1}, "positions"),
        ({"epsilon": 0.0}, "epsilon"),
    ):
        with pytest.raises(ExplorerError, match=message):
            TransformerShape(8, 1, 4, **settings)
    with pytest.raises(ExplorerError, match="even size"):
        TransformerShape(12, 1, 4)


def test_beyond_the_learned_positions_the_last_is_shared() -> None:
    stack = Transformer(TransformerShape(8, 1, 2, norm="layer", activation="gelu", positions=5))
    x = torch.randn(1, 9, 8)
    read, _ = stack(x, stack.empty(x[:, 0]))
    assert read.isfinite().all()
    short, _ = stack(x[:, :5], stack.empty(x[:, 0]))
    assert torch.allclose(read[:, :5], short, atol=1e-6)
