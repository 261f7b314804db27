"""`explorer new`: reads a corpus, chooses sizes that suit it, writes the recipe."""

import argparse
import copy
import shlex
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.cli.assignments import set_value
from explorer.cli.corpus_options import corpus_arguments, corpus_table
from explorer.cli.output import say, say_json, warn
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs import lock
from explorer.runs.names import new_folder
from explorer.runs.replacement import discard_state
from explorer.system import temporary_files
from explorer.system.atomic_files import write_text
from explorer.text import vocabularies
from explorer.text.language_models import LANGUAGE_MODELS
from explorer.text.vocabulary import Vocabulary
from explorer.training import fine_tuning, given_vectors, snapshots
from explorer.training.schedules import SCHEDULES
from explorer.training.suggest_recipe import SIZES, Findings, inspect, recipe

EXAMPLE = """\
example:
  explorer new my --corpus reviews.csv --text-column text --label-column stars
  explorer new big --corpus captions --set model.latent_dim=64 --set training.epochs=12
  explorer new mine --corpus mine.txt --start captions-smooth
  explorer new ours --corpus ours.parquet --vector-column embedding
  explorer new docs --corpus posts.csv --text-column body --documents

settings for --set, with their defaults (`new` chooses others to suit the corpus); see `explorer
help choices` for everything that is chosen by name:
"""


def new_arguments(parser: argparse.ArgumentParser) -> None:
    corpus_arguments(parser)
    _recipe_arguments(parser)
    listed = "\n".join(
        f"  {address} = {configs.literal(default)}\n      {about}"
        for address, default, about in configs.settings()
    )
    parser.epilog = EXAMPLE + listed


def _recipe_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--latent", default="", metavar="NAME", help=_about("model.latent"))
    add("--prior", default="", metavar="NAME", help=_about("model.prior"))
    add(
        "--schedule",
        default="",
        metavar="NAME",
        help=f"β schedule: {', '.join(SCHEDULES)}",
    )
    add(
        "--conditional",
        action="store_true",
        help="condition the decoder on the label, which can then be switched while z stays fixed",
    )
    add(
        "--start",
        default="",
        metavar="RUN-or-MODEL",
        help="start from the weights, and therefore the sizes, of a trained run; words in both "
        "corpora keep their embeddings. After a language model, the encoder is trained "
        "first while the other weights are frozen. Or use a pre-trained language model, "
        f"{', '.join(LANGUAGE_MODELS)} or the folder of a llama or gpt2 model, as decoder",
    )
    add(
        "--meaning",
        action="store_true",
        help="train neighbours in z to be semantically similar, as judged by MiniLM; only "
        "training needs the extra `teacher`",
    )
    add(
        "--size",
        default="",
        choices=("", *SIZES),
        metavar="S",
        help="small, medium or large; default: suited to the corpus, or the sizes of --start",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="table.key=value",
        help="any setting of config.toml; may be repeated",
    )
    add("--force", action="store_true", help="replace the run of that name, including its weights")


def _about(address: str) -> str:
    return next(about for key, _, about in configs.settings() if key == address)


def new(args: argparse.Namespace) -> None:
    """Writes the recipe of a run."""
    folder = new_folder(args.run, folders.checkpoints())
    _check_free(folder, args.force)
    start, language_model = _start(args.start)
    changes: dict[str, Any] = {}
    for assignment in args.set:
        set_value(changes, assignment)
    changed = changes.get("corpus", {})
    corpus = corpus_table(args, start, changed if isinstance(changed, dict) else {})
    chosen = _merge(corpus, changed) if isinstance(changed, dict) else changed
    findings = inspect(configs.from_table({"corpus": chosen, **_only_seed(changes)}))
    findings, encoder = given_vectors.resolve(findings, args.encoder)
    how = (args.latent, args.prior, args.schedule, args.conditional)
    table = recipe(findings, *how, start, language_model, args.size, encoder, args.meaning)
    config = configs.from_table(_merge(table, changes))
    vocabulary, weights, pretrained = _check(config, findings)
    header = (
        f"{folder.name}: created by\n  {args.typed}\nTo train, evaluate and map it:\n  explorer "
        f"train {shlex.quote(args.run)}\n"
    )
    text = configs.render(config, header)  # before anything is removed or made
    with lock.alone_with(folder):
        _clear(folder)
        write_text(folder / folders.CONFIG, text)
    if args.json:
        counts = {"weights": weights, "weights_taken": pretrained}
        say_json({"folder": str(folder), **counts, **findings.summary()})
    else:
        _print(args.run, folder, config, findings, vocabulary, weights, pretrained)


def _start(chosen: str) -> tuple[Path | None, str]:
    """The folder of the run to start from, or the language model."""
    if chosen in LANGUAGE_MODELS:
        return None, chosen
    folder = Path(chosen).expanduser()
    if chosen and (folder / "tokenizer.json").exists() and not (folder / folders.CONFIG).exists():
        return None, folder.resolve().as_posix()
    return folders.find(chosen) if chosen else None, ""


def _check_free(folder: Path, force: bool) -> None:
    if (folder / folders.CONFIG).exists() and not force:
        raise ExplorerError(
            f"{folder} is already a run: replace it with --force, or use another name"
        )
    if folder.is_file() or folder.is_symlink():
        raise ExplorerError(f"{folder} is a file or a link, not a folder for a run")
    temporary_files.remove_abandoned(folder)
    others = folder.is_dir() and any(item.name != lock.FILE for item in folder.iterdir())
    if others and not (folder / folders.CONFIG).exists():
        raise ExplorerError(f"{folder} contains other files: use another name")


def _clear(folder: Path) -> None:
    """Removes the files of a run and nothing else."""
    for name in (*folders.CHECKSUMMED, folders.SUMS, folders.CARD, snapshots.FILE):
        (folder / name).unlink(missing_ok=True)
    discard_state(folder)


def _only_seed(changes: dict[str, Any]) -> dict[str, Any]:
    return {"seed": changes["seed"]} if "seed" in changes else {}


def _merge(table: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Merges nested tables; a table with another `name` replaces the old one."""
    merged = copy.deepcopy(table)
    for key, value in changes.items():
        below = merged.get(key)
        is_other = isinstance(value, dict) and value.get("name", "") not in ("", _name(below))
        if isinstance(value, dict) and isinstance(below, dict) and not is_other:
            value = _merge(below, value)
        merged[key] = value
    return merged


def _name(table: Any) -> str:
    return table.get("name", "") if isinstance(table, dict) else ""


def _check_schedule(config: configs.Config) -> None:
    from explorer.registry import choose

    schedule = choose(SCHEDULES, config.objective.schedule, "objective.schedule")
    epochs = config.training.epochs
    reached, wanted = schedule(float(epochs)), schedule(1e6)
    if epochs and reached < 0.95 * wanted:
        warn(
            f"beta ends at {reached:.2g}, not {wanted:.2g}: its schedule is longer than the "
            f"{epochs} epochs of training; change --set training.epochs=… or objective.schedule"
        )


def _check(config: configs.Config, findings: Findings) -> tuple[Vocabulary, int, int]:
    """Builds the model of the recipe, so that mistakes in it show now.

    Returns:
        The vocabulary, the number of weights, and how many of them come from `--start`.
    """
    from explorer.models import elbo
    from explorer.models.dataset import check_order
    from explorer.models.rate_penalties import penalty_for
    from explorer.models.vae import build
    from explorer.training import prior_fitting
    from explorer.training import warm_start as start
    from explorer.training.optimisers import optimiser_for

    check_order(config)
    prior_fitting.check(config)
    fine_tuning.second(config)
    _check_schedule(config)
    vocabulary = None if start.missing(config) else start.vocabulary(config)
    vocabulary = vocabulary or vocabularies.learn(
        config.corpus, findings.train_counts, findings.splits["train"]
    )
    model = build(config.model, len(vocabulary))
    elbo.check_draws(model, config.objective)
    penalty_for(model, config.objective.rate)
    optimiser_for(model, config.training)
    weights = {name: weight.numel() for name, weight in model.named_parameters()}
    if missing := start.missing(config):
        warn(f"{missing}; this run has to be trained after it")
        return vocabulary, sum(weights.values()), 0
    entries = start.fill(model, vocabulary, config).entries
    pretrained = sum(int(entries[name].sum()) for name in weights if name in entries)
    return vocabulary, sum(weights.values()), pretrained


def _print(
    run: str,
    folder: Path,
    config: configs.Config,
    findings: Findings,
    vocabulary: Vocabulary,
    weights: int,
    pretrained: int,
) -> None:
    left_out = f", {findings.dropped:,} rows without text skipped" if findings.dropped else ""
    say(
        f"{folder.name}: {findings.sentences:,} sentences of {findings.corpus} "
        f"({findings.duplicates:,} of them duplicates{left_out})"
    )
    if findings.column:
        say(f"  column  {findings.column!r}")
    splits = ", ".join(f"{count:,} {name}" for name, count in findings.splits.items())
    say(f"  splits  {splits}")
    cut = config.corpus.max_tokens
    say(
        f"  length  {findings.mean_tokens:.1f} tokens on average, {findings.longest:,} at most"
        f" (training reads the first {cut})"
    )
    if findings.mean_tokens > cut and config.corpus.tokens != "bag":
        warn(
            "most texts are longer than that: `explorer open FILE` splits them into sentences, "
            "--documents treats them as bags of words, --set corpus.max_tokens=… reads more"
        )
    say(_of_words(config, findings, vocabulary))
    _print_vectors(config, findings)
    if findings.labels:
        labels = [(label, count) for label, count in findings.labels if label]
        shown = ", ".join(f"{label!r} {count:,}" for label, count in labels[:5])
        more = f", and {len(labels) - 5:,} more" if len(labels) > 5 else ""
        without = sum(count for label, count in findings.labels if not label)
        unlabelled = f"; {without:,} sentences without" if without else ""
        say(f"  labels  {len(labels):,}: {shown}{more}{unlabelled}")
    say(
        f"  model   {weights / 1e6:.1f} million weights, {fine_tuning.passes(config)} epochs of"
        f" {findings.train_tokens:,} tokens"
    )
    if pretrained:
        from explorer.training import warm_start

        source = warm_start.source(config)
        say(f"  start   {pretrained / 1000000.0:.1f} million of the weights are from {source}")
    say(f"wrote {folder / folders.CONFIG}")
    say(f"next: explorer train {shlex.quote(run)}")


_SHOWN = 5
"""Refused rows that are listed."""


def _print_vectors(config: configs.Config, findings: Findings) -> None:
    vectors = findings.vectors
    if vectors is None:
        return
    source = config.model.encoder.get("source")
    typed = f", of the encoder {source}" if source else "; typed text needs their encoder"
    say(f"  vectors {vectors.dim:,} dimensions: they are the latent space{typed}")
    for line in vectors.refused[:_SHOWN]:
        warn(f"skipped, {line}")
    if len(vectors.refused) > _SHOWN:
        warn(f"skipped: {len(vectors.refused) - _SHOWN:,} more rows without a usable vector")


def _of_words(config: configs.Config, findings: Findings, vocabulary: Vocabulary) -> str:
    """How much of the held-out text the vocabulary covers."""
    if vocabulary.has_unknown:
        known = min(config.corpus.vocabulary_size - 4, findings.types)
        unknown = findings.unknown_fraction(config.corpus.vocabulary_size)
        return (
            f"  words   {known:,} of {findings.types:,} distinct words are in the vocabulary;"
            f" {unknown:.1%} of the held-out tokens are not"
        )
    held = findings.held_out_counts
    pieces = sum(count * len(vocabulary.encode([word])) for word, count in held.items())
    return (
        f"  pieces  {len(vocabulary):,} for {findings.types:,} different words; "
        f"{pieces / max(1, sum(held.values())):.2f} per held-out word, none is unknown"
    )
