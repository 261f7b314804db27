"""A sentence encoder of a local folder, in the layout of Hugging Face."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from explorer.errors import ExplorerError
from explorer.models.encoder_catalog import lacking
from explorer.models.sentence_encoders import open_encoder

CPU = torch.device("cpu")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "dog", "cat", "runs", "sleeps"]
pytestmark = pytest.mark.filterwarnings("default")  # of the libraries


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A random BERT of 16 numbers."""
    transformers = pytest.importorskip("transformers", exc_type=ImportError)
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=40,
    )  # fmt: skip
    torch.manual_seed(0)
    bert = transformers.BertModel(config, add_pooling_layer=False)
    save_file({f"bert.{key}": item for key, item in bert.state_dict().items()},
              tmp_path / "model.safetensors")  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


def test_a_local_bert_gives_unit_vectors_by_mean_or_first_token(folder: Path) -> None:
    assert lacking(str(folder)) == ""
    texts = ["a dog runs", "a cat sleeps", "a dog runs a dog runs"]
    mean = open_encoder(str(folder), CPU)(texts)
    assert mean.shape == (3, 16)
    torch.testing.assert_close(mean.norm(dim=1), torch.ones(3))
    torch.testing.assert_close(open_encoder(str(folder), CPU)(texts[1:2])[0], mean[1],
                               rtol=0, atol=0.02)  # fmt: skip
    (folder / "1_Pooling").mkdir()
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    first = open_encoder(str(folder), CPU)(texts)
    assert (first - mean).abs().max() > 0.01


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("config.json", '{"model_type": "llama"}', "'llama': bert"),
        ("config.json", "{", "no sentence encoder"),
        ("tokenizer.json", "[]", "no sentence encoder"),
        ("model.safetensors", "no weights", "no sentence encoder"),
    ],
)
def test_a_folder_that_holds_something_else_is_one_sentence(
    folder: Path, name: str, content: str, reason: str
) -> None:
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(ExplorerError, match=reason):
        open_encoder(str(folder), CPU)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    assert "config.json" in lacking(str(tmp_path))
    with pytest.raises(ExplorerError, match=r"not available: there is no .*config\.json"):
        open_encoder(str(tmp_path), CPU)
