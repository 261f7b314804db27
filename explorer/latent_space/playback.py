"""The latent space over training: positions of the same sentences at every snapshot."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int32, Int64

from explorer.errors import ExplorerError
from explorer.latent_space import playback_file
from explorer.latent_space.projections import PCA

_HALF = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class PriorEllipse:
    """The prior on the plane: its mean, and its standard deviation along each axis."""

    x: float
    y: float
    sd_x: float
    sd_y: float


@dataclass(frozen=True, eq=False)
class Playback:
    """The probe sentences at every snapshot of a training, on one plane for all snapshots.

    The plane is that of the two principal components of the posterior means of all snapshots,
    in units of z, with the origin of the latent space at (0, 0). One linear map for
    all: a sentence that moves on the plane has moved in latent space, and a space that collapses
    is a cloud that shrinks into the prior's centre. A UMAP would stretch the noise of a collapsed
    cloud into islands, and a layout fitted anew to each snapshot would turn and flip between them.
    """

    row: Int32[np.ndarray, " n"]
    """Row of the corpus: the identity of a sentence."""
    split: list[str]
    step: Int64[np.ndarray, " s"]
    epoch: Float32[np.ndarray, " s"]
    beta: Float32[np.ndarray, " s"]
    xy: Float32[np.ndarray, "s n 2"]
    """Stored in half precision (three digits)."""
    share: Float32[np.ndarray, " s"]
    """Fraction of each snapshot's variance that lies in the plane; 0 where nothing varies."""
    variance: Float32[np.ndarray, " s"]
    """Of the posterior means, averaged over the latent dimensions, at each snapshot."""
    explained: tuple[float, float]
    """Fraction of the variance of all snapshots along each axis."""
    prior: PriorEllipse | None = None
    """None for a space without a prior."""
    reconstruction: dict[int, list[str]] = dataclasses.field(default_factory=dict)
    """By row: the model's reconstruction of the sentence at each snapshot."""
    corpus_name: str = ""
    corpus_checksum: str = ""

    @classmethod
    def load(cls, path: Path) -> "Playback":
        """Reads `playback.parquet`; reading executes nothing.

        Raises:
            ExplorerError: If the file is missing, truncated, altered, or not a playback.
        """
        columns, meta = playback_file.read(path)
        try:
            playback = cls(**columns, **_meta(meta, len(columns["xy"])))
            _check(playback)
        except ExplorerError as error:
            raise ExplorerError(f"{path} is not a playback of this version: {error}") from None
        return playback

    def save(self, path: Path) -> None:
        """Writes `playback.parquet` atomically: a reader sees the old file or the new one."""
        meta = {
            **{name: getattr(self, name).tolist() for name in playback_file.BY_SNAPSHOT},
            "explained": list(self.explained),
            "prior": dataclasses.asdict(self.prior) if self.prior else None,
            "corpus": {"name": self.corpus_name, "checksum": self.corpus_checksum},
        }
        playback_file.write(path, self.row, self.split, self.xy, self.reconstruction, meta)

    def __len__(self) -> int:
        """The number of snapshots."""
        return len(self.step)

    @cached_property
    def mark(self) -> str:
        """A short checksum of the positions, for addresses that are cached for good."""
        return sha256(self.row.tobytes() + self.xy.tobytes()).hexdigest()[:12]

    def index_of(self, row: int) -> int | None:
        """The index of a corpus row among the probes; None if it is not one."""
        at = int(np.searchsorted(self.row, row))
        return at if at < len(self.row) and int(self.row[at]) == row else None

    def positions(self, epoch: float) -> Float32[np.ndarray, "n 2"]:
        """The positions at an epoch, interpolated linearly between snapshots."""
        moment = float(np.interp(epoch, self.epoch, np.arange(len(self))))
        low = int(moment)
        high = min(low + 1, len(self) - 1)
        return self.xy[low] + (self.xy[high] - self.xy[low]) * np.float32(moment - low)

    def nearest(self, epoch: float) -> int:
        """The snapshot nearest to an epoch; the earlier of two."""
        return int(np.abs(self.epoch - epoch).argmin())


def from_snapshots(
    tensors: Mapping[str, np.ndarray],
    about: Mapping[str, Any],
    splits: list[str],
    prior: Float[np.ndarray, "draws d"] | None = None,
) -> Playback:
    """Projects the snapshots of a training onto one plane.

    Args:
        tensors: `row` (n,), `mean` (s, n, d), `step`, `epoch` and `beta` (s,).
        about: `reconstructions` (`rows`, and `texts` a snapshot), and the name and checksum of
            the `corpus`: what `snapshots.safetensors` says beside its tensors.
        splits: The split of every row of the corpus.
        prior: Draws from the prior; None for a space that has none.

    Raises:
        ExplorerError: If a tensor is missing or does not fit the others, or a value is not finite.
    """
    row, mean, times = _tensors(tensors)
    if row.max(initial=-1) >= len(splits):
        raise ExplorerError(f"snapshot row {row.max()} goes beyond the {len(splits)} sentences")
    reconstructions, corpus = _reconstructions(about, row, len(mean))
    plane = PCA.fit(mean.reshape(-1, mean.shape[2]))
    # Not centred: the latent space's origin, where collapse ends, stays at (0, 0).
    xy = (mean @ plane.axes.T).clip(-_HALF, _HALF).astype(np.float16).astype(np.float32)
    total = mean.var(axis=1, dtype=np.float64).sum(axis=1)
    inside = xy.var(axis=1, dtype=np.float64).sum(axis=1)
    share = np.divide(inside, total, out=np.zeros_like(total), where=total > 0)
    playback = Playback(
        row=row,
        split=[splits[item] for item in row.tolist()],
        xy=xy,
        share=share.clip(max=1.0).astype(np.float32),
        variance=(total / mean.shape[2]).astype(np.float32),
        explained=(float(plane.explained[0]), float(plane.explained[1])),
        prior=None if prior is None else _ellipse(prior @ plane.axes.T),
        reconstruction=reconstructions,
        corpus_name=corpus["name"],
        corpus_checksum=corpus["checksum"],
        **times,
    )
    _check(playback)
    return playback


def _tensors(
    tensors: Mapping[str, np.ndarray],
) -> tuple[Int32[np.ndarray, " n"], Float32[np.ndarray, "s n d"], dict[str, np.ndarray]]:
    wanted = {"row": 1, "mean": 3, "step": 1, "epoch": 1, "beta": 1}
    for name, axes in wanted.items():
        if name not in tensors or tensors[name].ndim != axes:
            raise ExplorerError(f"the snapshots lack a tensor {name!r} of {axes} dimensions")
    row, mean = tensors["row"].astype(np.int32), tensors["mean"].astype(np.float32)
    times = {name: tensors[name].astype(kind) for name, kind in playback_file.TIMES.items()}
    if mean.shape[1] != len(row) or any(len(item) != len(mean) for item in times.values()):
        shapes = ", ".join(f"{name} {tensors[name].shape}" for name in wanted)
        raise ExplorerError(f"the snapshots' tensors do not fit together: {shapes}")
    if not mean.size:
        raise ExplorerError("the snapshots hold no sentence")
    if not np.isfinite(mean).all():
        raise ExplorerError("a snapshot holds a mean that is not finite: the training diverged")
    return row, mean, times


def _reconstructions(
    about: Mapping[str, Any], row: Int32[np.ndarray, " n"], snapshots: int
) -> tuple[dict[int, list[str]], dict[str, str]]:
    """Reconstructions by row, and the corpus' name and checksum."""
    try:
        rows, texts = about["reconstructions"]["rows"], about["reconstructions"]["texts"]
        corpus = {name: str(about["corpus"][name]) for name in ("name", "checksum")}
        reconstructions = {
            int(item): [str(words[i]) for words in texts] for i, item in enumerate(rows)
        }
    except (ValueError, KeyError, TypeError, IndexError):
        raise ExplorerError("the snapshots' description is missing or malformed") from None
    lengths = {len(texts) for texts in reconstructions.values()}
    if reconstructions.keys() - set(row.tolist()) or lengths - {snapshots}:
        raise ExplorerError("the snapshots' reconstructions do not fit their rows")
    return reconstructions, corpus


def _ellipse(xy: Float[np.ndarray, "draws 2"]) -> PriorEllipse:
    (x, y), (sd_x, sd_y) = xy.mean(axis=0).tolist(), xy.std(axis=0).tolist()
    return PriorEllipse(x, y, sd_x, sd_y)


def _meta(meta: Mapping[str, Any], snapshots: int) -> dict[str, Any]:
    """The fields that are not columns."""
    try:
        arrays: dict[str, Any] = {
            name: np.array(meta[name], dtype=kind)
            for name, kind in playback_file.BY_SNAPSHOT.items()
        }
        first, second = map(float, meta["explained"])
        ellipse = meta["prior"]
        prior = (
            None if ellipse is None else PriorEllipse(**{k: float(v) for k, v in ellipse.items()})
        )
        corpus = meta["corpus"]
        name, checksum = corpus["name"], corpus["checksum"]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise ExplorerError("its description is missing or malformed") from None
    for key, array in arrays.items():
        if array.shape != (snapshots,):
            raise ExplorerError(
                f"its description has no {key!r} for each of {snapshots} snapshots"
            )
    if not (isinstance(name, str) and isinstance(checksum, str)):
        raise ExplorerError("its description names no corpus")
    return arrays | {
        "explained": (first, second),
        "prior": prior,
        "corpus_name": name,
        "corpus_checksum": checksum,
    }


def _check(playback: Playback) -> None:
    count, snapshots = len(playback.row), len(playback)
    if playback.xy.shape != (snapshots, count, 2) or not playback.xy.size:
        raise ExplorerError(
            f"it holds {playback.xy.shape[1]} positions at {playback.xy.shape[0]} snapshots for "
            f"{count} sentences at {snapshots}"
        )
    if playback.row[0] < 0 or (np.diff(playback.row) <= 0).any():
        raise ExplorerError("the column 'row' does not ascend")
    for name in playback_file.BY_SNAPSHOT:
        values = getattr(playback, name)
        if values.shape != (snapshots,) or not np.isfinite(values).all():
            raise ExplorerError(f"{name!r} is not one finite number a snapshot")
    if not np.isfinite(playback.xy).all():
        raise ExplorerError("a position is not finite")
    if (np.diff(playback.step) < 0).any() or (np.diff(playback.epoch) < 0).any():
        raise ExplorerError("the snapshots are not in the order of training")
    ellipse = dataclasses.astuple(playback.prior) if playback.prior else (0.0,)
    if not np.isfinite((*playback.explained, *ellipse)).all():
        raise ExplorerError("its description holds a number that is not finite")
    if any(len(words) != snapshots for words in playback.reconstruction.values()):
        raise ExplorerError("a sentence has not one reconstruction a snapshot")
