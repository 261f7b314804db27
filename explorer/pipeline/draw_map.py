"""Mapping: from a trained run to `atlas.parquet`, and from snapshots to `playback.parquet`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float32

from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models import dataset as training_data
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders
from explorer.runs import lock, weights
from explorer.text import corpora
from explorer.training import snapshots

if TYPE_CHECKING:
    from explorer.latent_space.atlas import Atlas

PRIOR_DRAWS = 20_000
"""From which the prior's place on the plane of a playback is taken."""

_BATCH = 256  # sentences decoded at once


def make_atlas(
    folder: Path, points: int = 0, progress: Callable[[str, float], None] | None = None
) -> str:
    """Encodes, reconstructs and lays out the sentences of the map: writes `atlas.parquet`.

    Args:
        folder: Of a trained run.
        points: Sentences on the map; 0 takes `atlas.points` of the recipe.
        progress: Told what is being done, and the share of it that is done.

    Returns:
        Why the snapshots of the training, if it kept any, could not be played; empty if they can.

    Raises:
        ExplorerError: If the corpus is not on this machine, the model has no latent space, or the
            run is being trained or was trained again meanwhile.
        ModuleNotFoundError: If umap-learn is not installed.
    """
    mapped = lock.weights_of(folder)
    config, vocabulary, model = weights.load_model(folder)
    if not config.model.latent_dim:
        raise ExplorerError(f"{folder.name} is a language model: there is no latent space to map")
    data = training_data.load(config, vocabulary)
    tell = progress or (lambda stage, share: None)
    atlas = _mapped(model, config, data, points, tell)
    missing = ""
    with lock.still_with(folder, mapped):
        atlas.save(folder / folders.ATLAS)
        if (folder / snapshots.FILE).is_file():
            try:
                make_playback(folder)
            except ExplorerError as error:
                # The corpus changed since the training: the map is of what it is now.
                missing = str(error)
        # Last of all: a map without its seal is drawn again, and its playback with it.
        folders.write_checksums(folder, folders.ATLAS)
    tell("naming", 1.0)
    return missing


def _mapped(
    model: TextVAE,
    config: Config,
    data: training_data.Data,
    points: int,
    tell: Callable[[str, float], None],
) -> "Atlas":
    """The map of so many sentences of a corpus, drawn evenly; of as many as it says for 0."""
    from explorer.latent_space.atlas import draw, from_arrays
    from explorer.latent_space.clusters import clusters, region_metrics
    from explorer.latent_space.projections import umap_layout
    from explorer.models.batch_inference import posteriors, scores

    corpus = data.corpus
    drawn = draw(len(data.ids), points or config.atlas.points, config.seed).tolist()
    ids, labels = [data.ids[row] for row in drawn], data.labels_of(drawn)
    mean, scale = posteriors(model, ids, _counter(tell, "encoding", len(ids)))
    counter = _counter(tell, "scoring", len(ids))
    distortion, rate = scores(model, ids, config.seed, counter, labels)
    limit = config.corpus.max_tokens
    words = _own_words(
        model, data, mean, labels, limit, _counter(tell, "reconstructing", len(ids))
    )
    layout = umap_layout(mean, config.atlas.neighbours, config.atlas.min_dist, config.seed, tell)
    tell("naming", 0.0)
    regions = clusters(layout.xy, words)
    measured = region_metrics(mean, layout.xy, words, regions, config.seed)
    return from_arrays(
        row=drawn,
        split=[corpus.splits[row] for row in drawn],
        label=None if corpus.labels is None else [corpus.labels[row] for row in drawn],
        mean=mean,
        scale=scale,
        tokens=[len(data.vocabulary.decode(row)) for row in ids],
        distortion=distortion,
        rate=rate,
        xy=layout.xy,
        cluster=regions.cluster,
        levels=regions.levels,
        reconstruction=words,
        total=len(corpus.sentences),
        corpus_name=corpus.name,
        corpus_checksum=corpus.checksum,
        projection=layout.meta | measured,
        layout_is_noise=layout.noise,
    )


def _own_words(
    model: TextVAE,
    data: training_data.Data,
    mean: Float32[np.ndarray, "n latent"],
    labels: Sequence[int],
    limit: int,
    done: Callable[[int], None],
) -> list[str]:
    """What the model says at each own place, told its own label, in at most `limit` ids."""
    from explorer.models.decoding_settings import MAX_TOKENS, Decoding
    from explorer.models.decoding_strategies import generate

    decoding = Decoding(max_tokens=min(MAX_TOKENS, limit))
    words: list[str] = []
    for start in range(0, len(mean), _BATCH):
        part = slice(start, start + _BATCH)
        place = model.condition(torch.from_numpy(mean[part]), labels[part])
        rows = generate(model.decoder, place, decoding)
        words += [data.tokeniser.text(data.vocabulary.decode(row)) for row in rows]
        done(len(rows))
    return words


def make_playback(folder: Path) -> None:
    """Lays the snapshots of a training out on one plane: writes `playback.parquet`.

    Args:
        folder: Of a trained run that kept `snapshots.safetensors`.

    Raises:
        ExplorerError: If the snapshots are missing or damaged, or the corpus is another one.
    """
    from explorer.latent_space.playback import from_snapshots

    path = folder / snapshots.FILE
    played = lock.weights_of(folder)
    tensors, about = snapshots.read(path)
    config, _, model = weights.load_model(folder)
    corpus = corpora.load(config.corpus, config.seed)
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    try:
        playback = from_snapshots(arrays, about, corpus.splits, _prior_draws(model))
    except ExplorerError as error:
        raise ExplorerError(f"{path} cannot be played: {error}") from None
    if playback.corpus_checksum != corpus.checksum:
        raise ExplorerError(
            f"{path} was taken on another version of {corpus.name}: train the run again"
        )
    with lock.still_with(folder, played):
        playback.save(folder / folders.PLAYBACK)
        folders.write_checksums(folder, folders.PLAYBACK)


def _prior_draws(model: TextVAE) -> np.ndarray | None:
    """Where the prior lies, as draws: the one thing that every prior can answer."""
    if not model.latent.has_rate:
        return None
    with torch.random.fork_rng([]), torch.inference_mode():
        torch.manual_seed(0)
        return model.prior().sample((PRIOR_DRAWS,)).numpy()


def _counter(tell: Callable[[str, float], None], stage: str, total: int) -> Callable[[int], None]:
    """Turns counts of sentences done into shares of `total`."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        tell(stage, done / total)

    return count
