"""`explorer prior`: fits another prior to a trained run; encoder and decoder stay."""

import argparse
import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.options import add_run
from explorer.cli.output import Progress, say, say_json
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs.names import new_folder

if TYPE_CHECKING:
    from explorer.training.prior_fitting import Density, Gain

EXAMPLE = """\
example:
  explorer prior my --fit mixture
  explorer prior my --fit flow --to my-with-a-flow

The new run has the encoder and decoder of the old one; its rate and its prior samples differ.
`explorer evaluate` and `explorer atlas` work on it as on any run.

An autoencoder (model.latent point) has no rate and no prior. A mixture or a flow is fitted to its
encodings by maximum likelihood and scored on the test split, beside one Gaussian with full
covariance. Then it can be sampled from.
"""


def prior_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `explorer prior`."""
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument(
        "--fit", required=True, metavar="NAME", help="the new prior: mixture, vamp or flow"
    )
    parser.add_argument(
        "--to", default="", metavar="NEW", help="the new run (default: RUN and the prior's name)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="key=value",
        help="a setting of the prior, such as components=64; may be repeated",
    )


def prior(args: argparse.Namespace) -> None:
    """Fits a prior and writes it as a new run."""
    from explorer import config as configs

    folder = folders.find(args.run)
    target = _target(args, folder)
    if target.exists():
        raise ExplorerError(f"{target} is there already: choose another name with --to")
    settings: dict[str, object] = {"name": args.fit}
    for assignment in args.set:
        configs.set_value(settings, assignment)
    if settings["name"] != args.fit:
        raise ExplorerError(f"--set name={settings['name']}: the prior's name is that of --fit")
    with Progress(quiet=args.json) as progress:
        progress.show(f"{folder.name}: reading the corpus")
        from explorer import pipeline

        result = pipeline.fit_prior(folder, target, settings, args.typed, progress.stage())
    if args.json:
        say_json({"folder": str(target), **dataclasses.asdict(result)})
        return
    say(_sentence(result, args.fit))
    again = shlex.quote(folders.typed(target))
    say(f"wrote {target}\nnext: explorer evaluate {again} && explorer atlas {again}")


def _sentence(result: "Gain | Density", name: str) -> str:
    """The result of the fit on the test split."""
    from explorer.training.prior_fitting import Gain

    basis = "(one sentence: no interval)"
    if result.low is not None and result.high is not None:
        basis = f"(95% {result.low:.2f} to {result.high:.2f}, {result.n:,} sentences)"
    if isinstance(result, Gain):
        return (
            f"test rate {result.before:.2f} → {result.after:.2f} nats: {result.mean:+.2f} saved "
            f"{basis}"
        )
    return (
        f"test encodings: log density {result.log_density:.2f} nats a sentence under the {name}, "
        f"{result.gaussian:.2f} under one Gaussian: {result.mean:+.2f} {basis}\n"
        "The density was fitted when all else was trained and is no part of the autoencoder's "
        "objective."
    )


def _target(args: argparse.Namespace, folder: Path) -> Path:
    name = args.to or f"{folder.resolve().name}-{args.fit}"
    # Beside a run given by its path; otherwise with the named runs.
    is_path = (Path(args.run) / folders.CONFIG).is_file()
    return new_folder(name, folder.parent if is_path else folders.checkpoints())
