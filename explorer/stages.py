"""From a recipe to a finished run: train, evaluate, atlas, as stages that resume."""

import dataclasses
import json
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer import card
from explorer import config as configs
from explorer.errors import ExplorerError
from explorer.evaluation import validation
from explorer.models.objectives import charge_for
from explorer.models.vae import TextVAE, build
from explorer.text import corpora
from explorer.text.tokens import Vocabulary
from explorer.training import data as training_data
from explorer.training import folder as folders
from explorer.training import prior_fit, snapshots, weights
from explorer.training import state as states
from explorer.training.fit import Report, Trainer

PRIOR_DRAWS = 20_000
"""From which the prior's place on the plane of a playback is taken."""


def device(name: str = "") -> torch.device:
    """The device of that name; without one, the fastest there is.

    Raises:
        ExplorerError: If this machine has no such device.
    """
    available = {"cpu": True, "cuda": torch.cuda.is_available()}
    available["mps"] = torch.backends.mps.is_available()
    if not name:
        return torch.device(next(key for key in ("cuda", "mps", "cpu") if available[key]))
    if not available.get(name.partition(":")[0], False):
        here = ", ".join(key for key, there in available.items() if there)
        raise ExplorerError(f"--device {name}: not on this machine, which has {here}")
    return torch.device(name)


def train(
    folder: Path,
    device_name: str = "",
    resume: bool = False,
    restart: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Report]:
    """Trains a run to the end of its recipe and writes its weights.

    Resumes by itself where a state was left; saves one every `training.save_seconds`, and when
    it is stopped.

    Args:
        folder: Of the run; its `config.toml` is all that must be there.
        device_name: `cpu`, `cuda` or `mps`; empty chooses.
        resume: Insist on a state to resume from.
        restart: Throw away what was trained before.
        stop: Asked after every step; True saves the state and ends the training early.

    Raises:
        ExplorerError: For a bad recipe or corpus, a finished run without `restart`, or `resume`
            without anything to resume.
    """
    config = configs.read(folder / folders.CONFIG)
    unfinished = states.path(folder).is_file()
    if restart:
        shutil.rmtree(folder / folders.STATE, ignore_errors=True)
        unfinished = False
    elif resume and not unfinished:
        raise ExplorerError(f"{folder}: no unfinished training to resume")
    elif (folder / folders.WEIGHTS).is_file() and not unfinished:
        raise ExplorerError(f"{folder} is trained already: --restart trains it again")
    where = device(device_name)
    torch.manual_seed(config.seed)
    data = training_data.load(config)
    model = build(config.model, len(data.vocabulary)).to(where)
    rows = data.select("train", config.corpus.max_tokens)
    watched = [data.ids[row] for row in data.draw("valid", validation.SENTENCES, config.seed)]
    charge = charge_for(model, config.objective.rate)
    watch = validation.Validation(watched, charge, config.seed)
    trainer = Trainer(model, rows, config, watch)
    kept = _snapshots(data, config)
    history = states.restore(folder, trainer) if unfinished else []
    if unfinished:
        kept.restore(folder / folders.STATE / snapshots.FILE)
    elif kept.rows:
        kept.take(model, 0, 0.0, trainer.beta(0.0))
    saved = time.monotonic()
    try:
        for report in trainer.run(stop):
            history.append(_row(report))
            if report.validation and kept.rows:
                kept.take(model, report.step, report.epoch, report.beta)
            if time.monotonic() - saved > config.training.save_seconds:
                _save(folder, trainer, history, kept)
                saved = time.monotonic()
            yield report
    except GeneratorExit:
        # The caller left between two steps, where the state is whole.
        _save(folder, trainer, history, kept)
        raise
    if not trainer.is_finished:
        _save(folder, trainer, history, kept)
        return
    if trainer.best_weights is not None:
        model.load_state_dict(trainer.best_weights)
    if config.training.fit_prior["name"] != "none":
        model = _refit(model, config.training.fit_prior, data, config)
    data.vocabulary.save(folder / folders.VOCABULARY)
    weights.save(folder, model)
    folders.write_history(folder, history)
    for stale in (folders.METRICS, folders.ATLAS, folders.PLAYBACK, snapshots.FILE):
        (folder / stale).unlink(missing_ok=True)
    kept.save(folder / snapshots.FILE)
    folders.seal(folder)
    shutil.rmtree(folder / folders.STATE, ignore_errors=True)


def evaluate(
    folder: Path,
    samples: int = 500,
    limit: int = 0,
    progress: Callable[[str, float], None] | None = None,
    device_name: str = "",
    judge: Path | None = None,
) -> None:
    """Measures a trained run on its test split: writes `metrics.json`.

    Args:
        folder: Of a trained run.
        samples: Of the importance estimate (K).
        limit: At most this many sentences, drawn evenly; 0 takes the whole split.
        progress: Told what is being done, and the share of it that is done.
        device_name: `cpu`, `cuda` or `mps`; empty chooses.
        judge: Folder of a language model that judges the run's samples.

    Raises:
        ExplorerError: If the corpus is not on this machine, the run is damaged, or the judge is
            no language model with the run's words.
    """
    from explorer.evaluation.evaluate import DRAWN, QUICK_DRAWN
    from explorer.evaluation.evaluate import evaluate as measure
    from explorer.evaluation.measurement import HeldOut
    from explorer.evaluation.verdict import verdict

    config, vocabulary, model = weights.load_model(folder)
    model = model.to(device(device_name))
    data = training_data.load(config, vocabulary)
    corpus = data.corpus
    test = corpus.rows("test")
    held_out = HeldOut(
        tokens=[data.tokeniser.tokens(corpus.sentences[row]) for row in test],
        ids=[data.ids[row] for row in test],
        groups=None if corpus.groups is None else [corpus.groups[row] for row in test],
        training=[data.tokeniser.tokens(corpus.sentences[row]) for row in corpus.rows("train")],
    )
    tell = progress or (lambda stage, share: None)
    entries = measure(
        model,
        vocabulary,
        held_out,
        samples=samples,
        drawn=QUICK_DRAWN if limit else DRAWN,
        limit=limit or None,
        seed=config.seed,
        language_model=None if judge is None else _judge(judge, vocabulary).to(model.device),
        progress=lambda name, done, total: tell(name, done / max(total, 1)),
    )
    judged = verdict(entries)
    shown = f" --limit {limit}" if limit else ""
    shown += f" --language-model {judge.resolve().name}" if judge else ""
    record = {
        "verdict": judged.word,
        "verdict_in_words": judged.sentence,
        "split": "test",
        "command": f"explorer evaluate {folder.resolve().name} --samples {samples}{shown}",
        "device": str(model.device),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "seed": config.seed,
    }
    text = json.dumps(entries | record, indent=1, ensure_ascii=False)
    folders.write_text(folder / folders.METRICS, text + "\n")
    folders.seal(folder)
    card.write(folder)


def _judge(folder: Path, vocabulary: Vocabulary) -> TextVAE:
    """The language model of that folder, if it knows exactly these words."""
    config, words, model = weights.load_model(folder)
    if config.model.latent_dim:
        raise ExplorerError(f"--language-model {folder.name}: it has a latent space")
    if words.words != vocabulary.words:
        raise ExplorerError(f"--language-model {folder.name}: its vocabulary is another one")
    return model


def fit_prior(
    folder: Path,
    target: Path,
    prior: configs.Choice,
    typed: str,
    progress: Callable[[str, float], None] | None = None,
) -> prior_fit.Gain:
    """Writes a run like another, but for a prior fitted on its training posteriors.

    Args:
        folder: Of a trained run with Gaussian posteriors.
        target: The new run's folder, which must not exist.
        prior: Name and settings, as in `config.toml`.
        typed: The command, for the recipe's header.
        progress: Told what is being done, and the share of it that is done.

    Returns:
        What the new prior saves on the test split, in nats per sentence.

    Raises:
        ExplorerError: If the corpus is not on this machine, the run has no Gaussian posteriors,
            or the prior has nothing to fit.
    """
    config, vocabulary, old = weights.load_model(folder)
    data = training_data.load(config, vocabulary)
    training = dataclasses.replace(config.training, fit_prior=prior)
    tell = progress or (lambda stage, share: None)
    model = _refit(old, prior, data, config, lambda share: tell("fitting", share))
    target.mkdir(parents=True)
    header = f"{target.name}: {folder.resolve().name} with another prior, fitted by\n  {typed}\n"
    recipe = configs.render(dataclasses.replace(config, training=training), header)
    folders.write_text(target / folders.CONFIG, recipe)
    vocabulary.save(target / folders.VOCABULARY)
    weights.save(target, model)
    if (folder / folders.HISTORY).is_file():
        shutil.copyfile(folder / folders.HISTORY, target / folders.HISTORY)
    folders.seal(target)
    # Half precision is what the run holds, so it is what is measured.
    saved = weights.load_model(target)[2]
    return prior_fit.gain(saved, old.prior, data.select("test"), config.seed)


def _refit(
    model: TextVAE,
    prior: configs.Choice,
    data: training_data.Data,
    config: configs.Config,
    progress: Callable[[float], None] = lambda share: None,
) -> TextVAE:
    """The model with this prior, fitted on the posteriors of the training split."""
    torch.manual_seed(config.seed)
    other = prior_fit.with_prior(model, prior)
    train = data.select("train", config.corpus.max_tokens)
    prior_fit.fit(other, train, data.select("valid"), config.seed, progress)
    return other


def make_atlas(
    folder: Path, points: int = 0, progress: Callable[[str, float], None] | None = None
) -> None:
    """Encodes, reconstructs and lays out the sentences of the map: writes `atlas.parquet`.

    Args:
        folder: Of a trained run.
        points: Sentences on the map; 0 takes `atlas.points` of the recipe.
        progress: Told what is being done, and the share of it that is done.

    Raises:
        ExplorerError: If the corpus is not on this machine, or the model has no latent space.
        ModuleNotFoundError: If umap-learn is not installed.
    """
    from explorer.models.coding import posteriors, scores
    from explorer.models.generation import Decoding, generate
    from explorer.space.atlas import draw, from_arrays
    from explorer.space.clusters import clusters
    from explorer.space.projections import umap_layout

    config, vocabulary, model = weights.load_model(folder)
    if not config.model.latent_dim:
        raise ExplorerError(f"{folder.name} is a language model: there is no latent space to map")
    tell = progress or (lambda stage, share: None)
    data = training_data.load(config, vocabulary)
    drawn = draw(len(data.ids), points or config.atlas.points, config.seed).tolist()
    ids = [data.ids[row] for row in drawn]
    mean, scale = posteriors(model, ids, _counter(tell, "encoding", len(ids)))
    distortion, rate = scores(model, ids, config.seed, _counter(tell, "scoring", len(ids)))
    words: list[str] = []
    for start in range(0, len(ids), 256):
        z = torch.from_numpy(mean[start : start + 256])
        rows = generate(model.decoder, z, Decoding(max_tokens=config.corpus.max_tokens))
        words += [data.tokeniser.text(vocabulary.decode(row)) for row in rows]
        tell("reconstructing", len(words) / len(ids))
    layout = umap_layout(mean, config.atlas.neighbours, config.atlas.min_dist, config.seed, tell)
    tell("naming", 0.0)
    regions = clusters(layout.xy, words)
    corpus = data.corpus
    atlas = from_arrays(
        row=drawn,
        split=[corpus.splits[row] for row in drawn],
        label=None if corpus.labels is None else [corpus.labels[row] for row in drawn],
        mean=mean,
        scale=scale,
        tokens=[len(row) for row in ids],
        distortion=distortion,
        rate=rate,
        xy=layout.xy,
        cluster=regions.cluster,
        levels=regions.levels,
        reconstruction=words,
        total=len(corpus.sentences),
        corpus_name=corpus.name,
        corpus_checksum=corpus.checksum,
        projection=layout.meta,
        layout_is_noise=layout.noise,
    )
    atlas.save(folder / folders.ATLAS)
    folders.seal(folder)
    tell("naming", 1.0)
    if (folder / snapshots.FILE).is_file():
        make_playback(folder)


def make_playback(folder: Path) -> None:
    """Lays the snapshots of a training out on one plane: writes `playback.parquet`.

    Args:
        folder: Of a trained run that kept `snapshots.safetensors`.

    Raises:
        ExplorerError: If the snapshots are missing or damaged, or the corpus is another one.
    """
    from explorer.space.playback import from_snapshots

    path = folder / snapshots.FILE
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
    playback.save(folder / folders.PLAYBACK)
    folders.seal(folder)


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


def _snapshots(data: training_data.Data, config: configs.Config) -> snapshots.Snapshots:
    from explorer.space.atlas import draw

    count = config.training.snapshots if config.model.latent_dim else 0
    rows = draw(len(data.ids), count, config.seed).tolist()
    return snapshots.Snapshots(
        rows=rows,
        ids=[data.ids[row] for row in rows],
        say=lambda row: data.tokeniser.text(data.vocabulary.decode(row)),
        corpus={"name": data.corpus.name, "checksum": data.corpus.checksum},
    )


def _save(
    folder: Path, trainer: Trainer, history: list[dict[str, Any]], kept: snapshots.Snapshots
) -> None:
    # The snapshots first: a state that knows more moments than they hold would skip some.
    kept.save(folder / folders.STATE / snapshots.FILE)
    states.save(folder, trainer, history)


def _row(report: Report) -> dict[str, Any]:
    keys = ("step", "epoch", "seconds", "beta", "distortion", "rate", "loss", "tokens_per_second")
    row = {key: round(getattr(report, key), 6) for key in keys}
    return row | {f"validation_{key}": round(value, 6) for key, value in report.validation.items()}
