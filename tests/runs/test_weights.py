"""Laws of weights that come with a recipe from elsewhere."""

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
import torch

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import weights

NAME = "encoder.lstm.weight_ih_l0"
SHIPPED = sorted(Path(__file__).parents[2].glob("checkpoints/*/model.safetensors"))


@pytest.mark.parametrize("width", [17, 5000])
def test_a_recipe_of_another_width_is_refused_before_it_fills_the_memory(
    width: int, tiny_run: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    recipe = folder / folders.CONFIG
    text = recipe.read_text(encoding="utf-8").replace("hidden_dim = 16", f"hidden_dim = {width}")
    recipe.write_text(text, encoding="utf-8")
    filled: list[int] = []
    real = torch.nn.init.uniform_

    def counted(tensor: torch.Tensor, *args, **kwargs) -> torch.Tensor:
        filled.append(tensor.numel())
        return real(tensor, *args, **kwargs)

    misfit = pytest.raises(ExplorerError, match=r"does not fit its config\.toml")
    with mock.patch("torch.nn.init.uniform_", counted), misfit:
        weights.load_model(folder)
    assert sum(filled) < 2**21


def spoil(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    tensors, _ = weights.read_tensors(folder / folders.WEIGHTS)
    change(tensors)
    weights.write_tensors(folder / folders.WEIGHTS, tensors)
    folders.write_checksums(folder)


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.complex64])
def test_weights_of_another_type_are_refused(
    kind: torch.dtype, tiny_run: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    spoil(folder, lambda tensors: tensors.update({NAME: tensors[NAME].to(kind)}))
    with pytest.raises(ExplorerError, match=f"{NAME} contains "):
        weights.load_model(folder)


@pytest.mark.parametrize("kind", [torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16])
def test_numbers_that_torch_holds_and_cannot_compute_with_are_refused(
    kind: torch.dtype, tiny_run: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    spoil(folder, lambda tensors: tensors.update({NAME: tensors[NAME].to(kind)}))
    with pytest.raises(ExplorerError, match=f"{NAME} contains numbers of type"):
        weights.load_model(folder)


@pytest.mark.parametrize("value", [3e38, -1e5, float("nan"), float("-inf")])
def test_weights_that_overflow_in_a_product_are_refused(
    value: float, tiny_run: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    spoil(folder, lambda tensors: tensors.update({NAME: torch.full((64, 12), value)}))
    with pytest.raises(ExplorerError, match="exceed half precision"):
        weights.load_model(folder)


def test_no_tensor_is_read_before_all_have_the_shapes_of_the_model(
    tiny_run: Path, tmp_path: Path
) -> None:
    """A gigabyte of zeros is a few kilobytes of a sparse file, or of a pack."""
    folder = Path(shutil.copytree(tiny_run, tmp_path / "run"))
    spoil(folder, lambda tensors: tensors.update({"more": torch.zeros(1000)}))
    never = mock.patch.object(weights, "read_tensors", side_effect=AssertionError)
    with never, pytest.raises(ExplorerError, match="weights more"):
        weights.load_model(folder)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_run_is_as_large_as_its_recipe_says(path: Path) -> None:
    config, _, model = weights.load_model(path.parent)
    assert config == configs.read(path.parent / folders.CONFIG) and not model.training
