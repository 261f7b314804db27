"""`explorer prior`: fits priors to a trained run and keeps the best; encoder and decoder stay."""

import argparse
import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.cli.assignments import set_value
from explorer.cli.options import add_run
from explorer.cli.output import Progress, say, say_json
from explorer.errors import ExplorerError
from explorer.runs import folder as folders
from explorer.runs.names import new_folder
from explorer.system import temporary_files

if TYPE_CHECKING:
    from explorer.training.prior_fitting import Density, Gain

EXAMPLE = """\
example:
  explorer prior my --fit mixture
  explorer prior my --fit flow --to my-with-a-flow
  explorer prior my --fit mixture --fit flow --fit flow_matching --to my-best

The new run has the same encoder and decoder; its rate and its prior samples differ.
`explorer evaluate` and `explorer atlas` work on it as on any run.

With several --fit, the new run gets the prior that scores best on the validation split.

flow_matching is a velocity field whose ODE maps noise to z. Fitting takes minutes, and 10,000
densities take seconds: evaluation and finding holes are slower than with a mixture.

An autoencoder (model.latent point) has no rate and no prior. Any of these but vamp can be fitted
to its encodings, after which it can be sampled from. The fit is evaluated on the test split and
compared with a Gaussian of full covariance.
"""


def prior_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument(
        "--fit",
        action="append",
        required=True,
        metavar="NAME",
        help="the new prior: mixture, vamp, flow or flow_matching; may be repeated",
    )
    parser.add_argument(
        "--to",
        default="",
        metavar="NEW",
        help="the new run (default: RUN-NAME, or RUN-prior with several --fit)",
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
    folder = folders.find(args.run)
    target = _target(args, folder)
    temporary_files.remove_abandoned(target.parent)
    if target.exists():
        raise ExplorerError(f"{target} already exists: choose another name with --to")
    priors: list[dict[str, object]] = [{"name": name} for name in _names(args)]
    if args.set and len(priors) > 1:
        raise ExplorerError(f"--set {args.set[0]}: settings need a single --fit, not several")
    for assignment in args.set:
        set_value(priors[0], assignment)
    if [prior["name"] for prior in priors] != _names(args):
        raise ExplorerError(f"--set name={priors[0]['name']}: choose the prior with --fit")
    with Progress(quiet=args.json) as progress:
        progress.show(f"{folder.name}: reading the corpus")
        from explorer import pipeline

        fitted = pipeline.fit_prior(folder, target, priors, args.typed, progress.stage())
    if args.json:
        several = {"prior": fitted.prior, "validation": fitted.validation}
        chosen = several if len(priors) > 1 else {}
        say_json({"folder": str(target), **chosen, **dataclasses.asdict(fitted.test)})
        return
    for name, score in fitted.validation.items():
        say(f"validation: {name} {score:+.2f} nats{' (chosen)' * (name == fitted.prior)}")
    say(_sentence(fitted.test, fitted.prior))
    again = shlex.quote(folders.typed(target))
    say(f"wrote {target}\nnext: explorer evaluate {again} && explorer atlas {again}")


def _names(args: argparse.Namespace) -> list[str]:
    """The candidates, each once."""
    return list(dict.fromkeys(args.fit))


def _sentence(result: "Gain | Density", name: str) -> str:
    """The result of the fit on the test split."""
    from explorer.evaluation.metric_text import interval
    from explorer.models.priors import PRIORS
    from explorer.training.prior_fitting import Gain

    basis = "(one sentence: no interval)"
    if result.low is not None and result.high is not None:
        ends = interval(result.low, result.high, "{:.2f}".format)
        basis = f"(95% {ends}, {result.n:,} sentences)"
    if isinstance(result, Gain):
        return (
            f"test rate {result.before:.2f} → {result.after:.2f} nats: {result.mean:+.2f} saved "
            f"{basis}"
        )
    return (
        f"test encodings: log density {result.log_density:.2f} nats per sentence under the "
        f"{PRIORS[name].title}, {result.gaussian:.2f} under one Gaussian: {result.mean:+.2f} "
        f"{basis}\nThe density was fitted after everything else was trained, and is not part of "
        "the autoencoder's objective."
    )


def _target(args: argparse.Namespace, folder: Path) -> Path:
    names = _names(args)
    kind = names[0] if len(names) == 1 else "prior"
    name = args.to or f"{folder.resolve().name}-{kind}"
    # Beside a run given by its path; otherwise with the named runs.
    is_path = (Path(args.run) / folders.CONFIG).is_file()
    return new_folder(name, folder.parent if is_path else folders.checkpoints())
