"""Pre-trained language models as a `TransformerDecoder`: their sizes, and weights by its names.

Read are Llama's and GPT-2's, of a folder in the layout of Hugging Face or of a GGUF file.
"""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from explorer.errors import ExplorerError
from explorer.models.transformer import TransformerShape
from explorer.text import language_models

_Weights = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class PretrainedTransformer:
    """A language model's sizes, and how to read its weights."""

    shape: TransformerShape
    weights: Callable[[], _Weights]
    """Reads all weights, float32: `embedding.weight` and those of a `TransformerDecoder`."""

    def decoder(self, layers: int) -> dict[str, Any]:
        """The settings of a `TransformerDecoder` with its first layers."""
        sizes = dataclasses.asdict(self.shape) | {"layers": min(layers, self.shape.layers)}
        width = sizes.pop("width")
        return {"name": "transformer", "hidden_dim": width, **sizes, "memory_score": -4.0}


def find(source: str) -> PretrainedTransformer:
    """A language model's sizes; its weights are read when asked for.

    Args:
        source: A name of `LANGUAGE_MODELS`, or a folder.

    Raises:
        ExplorerError: If it is not at hand, damaged, or of another architecture.
    """
    path = language_models.locate(source)
    return _gguf(path) if path.is_file() else _folder(path)


def _gguf(path: Path) -> PretrainedTransformer:
    reader = language_models.open_gguf(path)

    def number(key: str) -> Any:
        return reader.fields[f"llama.{key}"].contents()

    shape = TransformerShape(
        number("embedding_length"),
        number("block_count"),
        number("attention.head_count"),
        number("attention.head_count_kv"),
        number("feed_forward_length"),
        rope_base=number("rope.freq_base"),
    )

    def weights() -> _Weights:
        from gguf.quants import dequantize  # pyright: ignore[reportMissingImports]

        stored = (
            (item.name, torch.from_numpy(dequantize(item.data, item.tensor_type).copy()))
            for item in reader.tensors
        )
        read = _NAMES["gguf"].renamed(stored)
        for name, weight in read.items():
            if name.endswith((".query.weight", ".key.weight")):
                read[name] = _halves(weight, shape.head_dim)
        return read

    return PretrainedTransformer(shape, weights)


def _folder(folder: Path) -> PretrainedTransformer:
    path = folder / "config.json"
    try:
        config: Any = json.loads(path.read_text(encoding="utf-8"))
        kind = config.get("model_type")
        if kind not in _ARCHITECTURES:
            raise ExplorerError(
                f"its type is {kind!r}: {' and '.join(_ARCHITECTURES)} are supported"
            )
        shape = _ARCHITECTURES[kind](config)
    except (ExplorerError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExplorerError(f"{path} cannot be used: {str(error)[:200]}") from None

    def weights() -> _Weights:
        file = folder / "model.safetensors"
        try:
            stored = load_file(file)
        except (SafetensorError, OSError) as error:
            raise ExplorerError(f"{file} is damaged: {str(error)[:200]}") from None
        floats = ((name, weight.float()) for name, weight in stored.items())
        if kind == "gpt2":
            floats = (part for item in floats for part in _split(*item))
        return _NAMES[kind].renamed(floats)

    return PretrainedTransformer(shape, weights)


def _llama(config: Mapping[str, Any]) -> TransformerShape:
    """The shape of a Llama.

    Source:
        Touvron et al. (2023), LLaMA, arXiv:2302.13971.
    """
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    if rope.get("rope_type", rope.get("type", "default")) != "default":
        raise ExplorerError("scaled rotary positions are not supported")
    if config.get("attention_bias") or config.get("mlp_bias"):
        raise ExplorerError("a llama with biases is not supported")
    heads, width = config["num_attention_heads"], config["hidden_size"]
    if config.get("head_dim") not in (None, width // heads):
        raise ExplorerError("heads that do not add up to the width are not supported")
    _expect(config, "hidden_act", "silu")
    return TransformerShape(
        width,
        config["num_hidden_layers"],
        heads,
        config.get("num_key_value_heads") or heads,
        config["intermediate_size"],
        rope_base=float(rope.get("rope_theta", config.get("rope_theta", 10_000.0))),
        epsilon=config["rms_norm_eps"],
    )


def _gpt2(config: Mapping[str, Any]) -> TransformerShape:
    """The shape of a GPT-2.

    Source:
        Radford et al. (2019), Language Models are Unsupervised Multitask Learners.
    """
    _expect(config, "activation_function", "gelu_new")
    return TransformerShape(
        config["n_embd"],
        config["n_layer"],
        config["n_head"],
        feedforward=config.get("n_inner") or 4 * config["n_embd"],
        norm="layer",
        activation="gelu",
        positions=config["n_positions"],
        epsilon=config["layer_norm_epsilon"],
        bias=True,
    )


def _expect(config: Mapping[str, Any], key: str, value: str) -> None:
    if config.get(key, value) != value:
        raise ExplorerError(f"{key} = {config[key]!r}: {value!r} is supported")


_ARCHITECTURES: dict[str, Callable[[Mapping[str, Any]], TransformerShape]] = {
    "llama": _llama,
    "gpt2": _gpt2,
}


@dataclass(frozen=True, slots=True)
class _Names:
    """How a format names its weights."""

    block: str
    """Before the number of a block."""
    parts: tuple[str, ...]
    """Of a block, in the order of `_PARTS`; the last may be missing."""
    embedding: str
    norm: str
    output: str = "lm_head"
    position: str = ""

    def ours(self, name: str) -> str:
        """The name of a weight here; empty if it is not used."""
        name, _, kind = name.rpartition(".")
        first = {
            self.embedding: "embedding",
            self.norm: "decoder.transformer.norm",
            self.output: "decoder.output",
            self.position: "decoder.transformer.position",
        }
        if name in first:
            return f"{first[name]}.{kind}"
        number, _, part = name.removeprefix(self.block).partition(".")
        if not name.startswith(self.block) or part not in self.parts:
            return ""
        ours = _PARTS[self.parts.index(part)]
        return f"decoder.transformer.blocks.{number}.{ours}.{kind}"

    def renamed(self, stored: Iterable[tuple[str, Tensor]]) -> _Weights:
        """Weights by the names here."""
        return {ours: weight for name, weight in stored if (ours := self.ours(name))}


_PARTS = (
    *("attention_norm", "query", "key", "value", "attended"),
    *("feedforward_norm", "widen", "narrow", "gate"),
)
_NAMES = {
    "gguf": _Names(
        "blk.",
        (
            *("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output"),
            *("ffn_norm", "ffn_up", "ffn_down", "ffn_gate"),
        ),
        "token_embd",
        "output_norm",
        "output",
    ),
    "llama": _Names(
        "model.layers.",
        (
            *("input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            *("self_attn.o_proj", "post_attention_layernorm"),
            *("mlp.up_proj", "mlp.down_proj", "mlp.gate_proj"),
        ),
        "model.embed_tokens",
        "model.norm",
    ),
    "gpt2": _Names(
        "h.",
        (
            *("ln_1", "attn.q", "attn.k", "attn.v", "attn.c_proj"),
            *("ln_2", "mlp.c_fc", "mlp.c_proj"),
        ),
        "wte",
        "ln_f",
        position="wpe",
    ),
}


def _split(name: str, weight: Tensor) -> Iterator[tuple[str, Tensor]]:
    """GPT-2's weights one a layer, as (out, in): it stores (in, out), three layers in one."""
    name = name.removeprefix("transformer.")
    if ".c_" in name and weight.dim() == 2:
        weight = weight.T
    if ".c_attn." not in name:
        yield name, weight
        return
    for part, chunk in zip("qkv", weight.chunk(3), strict=True):
        yield name.replace("c_attn", part), chunk.contiguous()


def _halves(weight: Float[Tensor, "heads_head in"], head_dim: int) -> Float[Tensor, "_ in"]:
    """Rows in the order that rotates pairs half a head apart; GGUF stores each pair together."""
    return weight.unflatten(0, (-1, head_dim // 2, 2)).transpose(1, 2).flatten(0, 2)
