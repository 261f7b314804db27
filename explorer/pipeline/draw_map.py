"""Maps: from a trained run to `atlas.parquet`, and from snapshots to `playback.parquet`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float32, Int64

from explorer import config as configs
from explorer.config import Config
from explorer.errors import ExplorerError
from explorer.models import dataset
from explorer.models.dataset import Data
from explorer.models.vae import TextVAE
from explorer.pipeline.map_parts import Arrays, MapParts, Part, map_parts
from explorer.runs import folder as folders
from explorer.runs import lock, weights
from explorer.runs.replacement import replacing
from explorer.system.progress import StageProgress
from explorer.text import corpora
from explorer.text.corpora import Corpus
from explorer.text.corpus_catalog import NAMED
from explorer.training import given_vectors, snapshots

if TYPE_CHECKING:
    from explorer.latent_space.atlas import Atlas


PRIOR_DRAWS = 20_000
"""From which the prior's ellipses in a playback are computed."""

_BATCH = 256
"""Sentences decoded at once."""


def make_atlas(
    folder: Path, points: int = 0, progress: StageProgress = lambda stage, fraction: None
) -> str:
    """Encodes, reconstructs and projects the sentences of the map; writes `atlas.parquet`.

    Of many sentences the work is saved in parts: interrupted, the same command goes on.

    Args:
        folder: Of a trained run.
        points: Sentences on the map; 0 takes `atlas.points` of the recipe.
        progress: Called with a stage and the fraction of it that is done.

    Returns:
        Why the snapshots of the training cannot be played; empty if they can or there are none.

    Raises:
        ExplorerError: If the corpus is missing, the model has no latent space, or the run is
            being trained or was trained again meanwhile.
        ModuleNotFoundError: If umap-learn is not installed.
    """
    mapped = lock.weights_of(folder)
    config, vocabulary, model = weights.load_model(folder)
    if not config.model.latent_dim:
        raise ExplorerError(f"{folder.name} is a language model: it has no latent space to map")
    data = dataset.load(config, vocabulary)
    given_vectors.fill(model, data, config.corpus.max_tokens)
    rows = _rows(config, data, points)
    about = [torch.__version__, mapped, configs.render(config), data.corpus.checksum, rows]
    with map_parts(folder, len(rows), about) as parts:
        missing = _write(folder, mapped, _atlas(model, config, data, rows, parts, progress))
    progress("naming", 1.0)
    return missing


def _write(folder: Path, mapped: str, atlas: "Atlas") -> str:
    """Writes a map of the weights `mapped` and its playback; returns why the latter is missing."""
    missing = ""
    with lock.still_with(folder, mapped):
        if (folder / snapshots.FILE).is_file():
            try:
                make_playback(folder)
            except ExplorerError as error:
                # The corpus has changed since the training; the map shows the present one.
                missing = str(error)
        # Last: a run without a map gets one, and a playback with it.
        with replacing(folder) as new:
            atlas.save(new / folders.ATLAS)
    return missing


def _rows(config: Config, data: Data, points: int) -> list[int]:
    """Corpus rows of a random sample of `points` sentences; 0 takes `atlas.points`."""
    from explorer.latent_space.random_rows import draw

    pool = shippable_rows(config, data.corpus) if config.atlas.text else np.arange(len(data.ids))
    return pool[draw(len(pool), points or config.atlas.points, config.seed)].tolist()


def _atlas(
    model: TextVAE,
    config: Config,
    data: Data,
    rows: Sequence[int],
    parts: MapParts,
    tell: StageProgress,
) -> "Atlas":
    """The map of some sentences, in the order of their rows."""
    from explorer.latent_space.atlas import from_arrays
    from explorer.latent_space.clusters import clusters, region_metrics
    from explorer.pipeline.map_layout import is_named_by_sentences, umap_of

    corpus, sentences = data.corpus, [data.corpus.sentences[row] for row in rows]
    columns, texts = _of_sentences(model, config, data, rows, parts, tell)
    mean = columns["mean"]
    layout = umap_of(
        mean,
        lambda: sentences,
        config.atlas.encoder,
        config.seed,
        tell,
        parts,
        neighbours=config.atlas.neighbours,
        min_dist=config.atlas.min_dist,
    )
    tell("naming", 0.0)
    named = sentences if is_named_by_sentences(config) else texts
    shown = sentences if config.atlas.text else None
    regions = clusters(layout.xy, named, model.decoder.has_order, shown)
    measured = region_metrics(mean, layout.xy, named, regions, config.seed)
    return from_arrays(
        **columns,
        row=rows,
        split=[corpus.splits[row] for row in rows],
        label=None if corpus.labels is None else [corpus.labels[row] for row in rows],
        tokens=[len(data.vocabulary.decode(data.ids[row])) for row in rows],
        xy=layout.xy,
        cluster=regions.cluster,
        levels=regions.levels,
        reconstruction=texts,
        text=shown,
        total=len(corpus.sentences),
        corpus_name=corpus.name,
        corpus_checksum=corpus.checksum,
        projection=layout.meta | measured,
        layout_is_noise=layout.noise,
    )


def _of_sentences(
    model: TextVAE,
    config: Config,
    data: Data,
    rows: Sequence[int],
    parts: MapParts,
    tell: StageProgress,
) -> tuple[Arrays, list[str]]:
    """Mean, scale, distortion and rate of each sentence, and its reconstruction."""
    from explorer.models.batch_inference import posteriors, scores

    ids, labels = [data.ids[row] for row in rows], data.labels_of(rows)
    count = len(ids)

    def encode(part: slice, treated: Callable[[int], None]) -> Part:
        mean, scale = posteriors(model, ids[part], treated)
        return {"mean": mean, "scale": scale}, None

    def score(part: slice, treated: Callable[[int], None]) -> Part:
        seed = config.seed + part.start
        distortion, rate = scores(model, ids[part], seed, treated, labels[part])
        return {"distortion": distortion, "rate": rate}, None

    encoded = parts.in_turn("encoding", count, encode, tell)
    scored = parts.in_turn("scoring", count, score, tell)
    columns = {
        name: np.concatenate([arrays[name] for arrays, _ in those])
        for those in (encoded, scored)
        for name in those[0][0]
    }
    mean, longest = columns["mean"], config.corpus.max_tokens

    def reconstruct(part: slice, treated: Callable[[int], None]) -> Part:
        return {}, _reconstructions(model, data, mean[part], labels[part], longest, treated)

    reconstructed = parts.in_turn("reconstructing", count, reconstruct, tell)
    return columns, [text for _, texts in reconstructed for text in texts]


def shippable_rows(config: Config, corpus: Corpus) -> Int64[np.ndarray, " rows"]:
    """Rows of the sentences that a map may hold as text.

    Raises:
        ExplorerError: If the terms of the corpus allow none.
    """
    named = NAMED.get(config.corpus.name)
    allowed = named.shippable if named else frozenset()
    if not allowed or corpus.sources is None:
        raise ExplorerError(
            f"atlas.text: the terms of {corpus.name} are not known to allow its sentences in a "
            "map; without this setting, a map shows them wherever the corpus is installed"
        )
    return np.flatnonzero([source in allowed for source in corpus.sources])


def _reconstructions(
    model: TextVAE,
    data: Data,
    mean: Float32[np.ndarray, "n latent"],
    labels: Sequence[int],
    max_tokens: int,
    count: Callable[[int], None],
) -> list[str]:
    """The greedy decode of each posterior mean, with its label in a conditional model."""
    from explorer.models.decoding_settings import MAX_TOKENS, Decoding
    from explorer.models.decoding_strategies import generate

    decoding = Decoding(max_tokens=min(MAX_TOKENS, max_tokens))
    texts: list[str] = []
    for start in range(0, len(mean), _BATCH):
        part = slice(start, start + _BATCH)
        z = model.condition(torch.from_numpy(mean[part]), labels[part])
        rows = generate(model.decoder, z, decoding)
        texts += [data.tokeniser.text(data.vocabulary.decode(row)) for row in rows]
        count(len(rows))
    return texts


def make_playback(folder: Path) -> None:
    """Projects the snapshots of a training to one plane; writes `playback.parquet`.

    Args:
        folder: Of a trained run with `snapshots.safetensors`.

    Raises:
        ExplorerError: If the snapshots are missing or damaged, or of another corpus.
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
            f"{path} belongs to another version of {corpus.name}: train the run again"
        )
    with lock.still_with(folder, played), replacing(folder) as new:
        playback.save(new / folders.PLAYBACK)


def _prior_draws(model: TextVAE) -> np.ndarray | None:
    """Draws from the prior, which every prior allows; None for an autoencoder."""
    if not model.latent.has_rate:
        return None
    with torch.random.fork_rng([]), torch.inference_mode():
        torch.manual_seed(0)
        return model.prior().sample((PRIOR_DRAWS,)).numpy()


def _counter(progress: StageProgress, stage: str, total: int) -> Callable[[int], None]:
    """Turns numbers of sentences into fractions of `total`."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        done += more
        progress(stage, done / total)

    return count
