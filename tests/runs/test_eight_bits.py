"""Laws of weights stored in eight bits."""

import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer import config as configs
from explorer import pipeline
from explorer.errors import ExplorerError
from explorer.runs import eight_bits, weights
from explorer.runs import folder as folders
from explorer.system.atomic_files import write_text
from explorer.training import warm_start
from tests import tiny


def matrix(seed: int, exponent: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(128, 160, generator=generator)
    return rows * 10.0 ** torch.arange(-3, 125)[:, None].clamp(max=3) * 10.0**exponent


@settings(deadline=None)
@given(seed=st.integers(0, 2**31), exponent=st.integers(-30, 1))
def test_no_number_is_off_by_more_than_half_the_scale_of_its_row(seed: int, exponent: int) -> None:
    weight = matrix(seed, exponent)
    back = eight_bits.unpack(eight_bits.pack({"w": weight}))["w"]
    half = weight.abs().amax(1, keepdim=True) / 127 / 2
    assert ((back - weight).abs() <= half * 1.001 + 1e-38).all()


@settings(deadline=None)
@given(seed=st.integers(0, 2**31))
def test_packing_again_changes_nothing(seed: int) -> None:
    once = eight_bits.pack({"w": matrix(seed)})
    again = eight_bits.pack(eight_bits.unpack(once))
    assert torch.equal(once["w"], again["w"])
    torch.testing.assert_close(once["w.row_scale"], again["w.row_scale"], rtol=1e-6, atol=0)


def test_rows_of_zeros_small_matrices_vectors_and_counts_come_back_as_they_were() -> None:
    tensors = {
        "zeros": torch.zeros(200, 100),
        "small": torch.randn(8, 8),
        "bias": torch.randn(2**15),
        "steps": torch.arange(2**15).view(2, -1),
        "filter": torch.ones(64, 32, 9),
    }
    back = eight_bits.unpack(eight_bits.pack(tensors))
    assert back.keys() == tensors.keys()
    for name, tensor in tensors.items():
        torch.testing.assert_close(back[name], tensor, rtol=1e-6, atol=0)
        assert back[name].dtype == tensor.dtype


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same recipe, stored in half precision and in eight bits."""
    folder = tmp_path_factory.mktemp("stored")
    corpus = tiny.write_corpus(folder / "corpus.csv")
    for storage in configs.STORAGES:
        text = tiny.RECIPE.format(path=corpus.as_posix(), epochs=1)
        text = text.replace("hidden_dim = 16", "hidden_dim = 80")
        text = text.replace("[training]", f'[training]\nstorage = "{storage}"')
        (folder / storage).mkdir()
        write_text(folder / storage / folders.CONFIG, text)
        list(pipeline.train(folder / storage, "cpu"))
    return folder / configs.HALF, folder / configs.INT8


def test_a_run_in_eight_bits_is_the_run_rounded(two_runs: tuple[Path, Path]) -> None:
    half, eight = (weights.load_model(folder)[2].state_dict() for folder in two_runs)
    stored, _ = weights.read_tensors(two_runs[1] / folders.WEIGHTS)
    assert sum(tensor.dtype == torch.int8 for tensor in stored.values()) >= 2
    assert half.keys() == eight.keys()
    for name, tensor in half.items():
        largest = tensor.abs().max() if tensor.numel() else 0
        assert ((eight[name] - tensor).abs() <= largest / 200).all(), name
    sizes = [(folder / folders.WEIGHTS).stat().st_size for folder in two_runs]
    assert sizes[1] < 0.65 * sizes[0]


def test_a_run_starts_from_one_in_eight_bits(two_runs: tuple[Path, Path]) -> None:
    start = warm_start.run(str(two_runs[1]))
    opened = weights.load_model(two_runs[1])[2].state_dict()
    for name, tensor in start.tensors.items():
        torch.testing.assert_close(tensor.float(), opened[name])


def spoilt(folder: Path, target: Path, name: str, tensor: torch.Tensor | None) -> Path:
    shutil.copytree(folder, target)
    tensors, _ = weights.read_tensors(target / folders.WEIGHTS)
    tensors.pop(name, None)
    weights.write_tensors(
        target / folders.WEIGHTS, tensors | ({name: tensor} if tensor is not None else {})
    )
    folders.write_checksums(target)
    return target


def packed_name(folder: Path) -> str:
    stored, _ = weights.read_tensors(folder / folders.WEIGHTS)
    return next(name for name, tensor in stored.items() if tensor.dtype == torch.int8)


@pytest.mark.parametrize(
    "scale", [None, torch.ones(3), torch.ones(320, 2), torch.full((320,), 1e30), torch.ones(2**20)]
)
def test_scales_that_do_not_fit_are_refused(
    scale: torch.Tensor | None, two_runs: tuple[Path, Path], tmp_path: Path
) -> None:
    name = packed_name(two_runs[1])
    folder = spoilt(two_runs[1], tmp_path / "run", f"{name}.row_scale", scale)
    with pytest.raises(ExplorerError, match="is damaged"):
        weights.load_model(folder)


def test_scales_of_no_matrix_are_refused(two_runs: tuple[Path, Path], tmp_path: Path) -> None:
    folder = spoilt(two_runs[1], tmp_path / "run", "nothing.row_scale", torch.ones(4))
    with pytest.raises(ExplorerError, match="nothing"):
        weights.load_model(folder)


def test_an_unknown_storage_names_those_there_are() -> None:
    with pytest.raises(ExplorerError, match="'int4' is not one of half, int8"):
        configs.TrainingConfig(storage="int4")
