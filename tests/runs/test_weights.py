"""Laws of weights that come with a recipe from elsewhere."""

import shutil
from pathlib import Path
from unittest import mock

import pytest
import torch

from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import weights

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


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_run_is_as_large_as_its_recipe_says(path: Path) -> None:
    config, _, model = weights.load_model(path.parent)
    assert config == configs.read(path.parent / folders.CONFIG) and not model.training
