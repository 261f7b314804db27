"""`explorer ancestors`: linear baselines (PCA, k-means, a mixture) on a run's sentences."""

import argparse
from typing import Any

from explorer.cli.options import add_run, open_run
from explorer.cli.output import Progress, say, say_json, table
from explorer.latent_space.linear_baselines import COMPONENTS

EXAMPLE = """\
example:
  explorer ancestors captions-smooth
  explorer ancestors captions-smooth --components 30 --json

PCA (a linear autoencoder of the size of z), k-means (hard EM) and a mixture of diagonal Gaussians
(EM) are fitted to the TF-IDF vectors of the training sentences and evaluated on the test
sentences. The map page offers the first as a layout and the other two as colourings.
"""


def ancestors_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument(
        "--components",
        type=int,
        default=COMPONENTS,
        metavar="N",
        help=f"number of k-means clusters and of Gaussians in the mixture (default {COMPONENTS})",
    )


def ancestors(args: argparse.Namespace) -> None:
    """Fits the three baselines and prints their scores."""
    from explorer.explore.baseline_fit import baseline_metrics, linear_baselines

    with Progress(quiet=args.json) as progress:
        baselines = linear_baselines(open_run(args), args.components)
        result = baseline_metrics(baselines, progress.stage())
    if args.json:
        say_json(result)
        return
    _print(result)


def _print(result: dict[str, Any]) -> None:
    whose = "" if result["sentences_are_real"] else "the model's reconstructions of "
    say(
        f"{result['run']}: {whose}{result['sentences']:,} training sentences, TF-IDF of "
        f"{result['words']:,} words in {result['dimensions']} dimensions "
        f"({result['variance_kept']:.0%} of the variance); evaluated on {result['held_out']:,} "
        "test sentences"
    )
    rows = [
        (
            name,
            _code(name, entry["code"]),
            f"{entry['value']:,.3f}",
            f"{entry['value_of_size_1']:,.3f}",
            entry["unit"],
            f"{entry['explained']:.1%}",
            _share(entry["retrieval_p1"]),
            _share(entry["retrieval_r10"]),
        )
        for name, entry in result["ancestors"].items()
    ]
    vae = result["vae"]
    retrieval = (_share(vae["retrieval_p1"]), _share(vae["retrieval_r10"]))
    rows.append((result["run"], f"{vae['code']} numbers", "", "", "", "", *retrieval))
    if vae["retrieval_p1_sampled"] is not None:
        sampled = (_share(vae["retrieval_p1_sampled"]), _share(vae["retrieval_r10_sampled"]))
        rows.append(("  a sample of q(z|x) as query", "", "", "", "", "", *sampled))
    head = ("", "code", "value", "of size 1", "unit", "explained", "P@1", "R@10")
    say(table(head, rows, right=(2, 3, 5, 6, 7)))
    for name, entry in result["ancestors"].items():
        say(f"{name}: {entry['about']}.")
    say("explained: fraction of the variance of the test sentences' vectors that is decoded.")
    if vae["retrieval_p1"] is not None:
        say(
            "P@1, R@10: caption retrieval by the code, measured as `explorer evaluate` does for z."
        )


def _code(name: str, size: int) -> str:
    return {"pca": f"{size} numbers", "k-means": f"1 of {size}"}.get(name, f"{size} shares")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
