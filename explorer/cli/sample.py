"""`explorer sample`: samples of the prior, decoded."""

import argparse

from explorer.cli.options import add_decoding, add_run, decoding, open_run
from explorer.cli.output import say, say_json, warn
from explorer.errors import within
from explorer.models.decoding_settings import PART


def sample_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example:\n  explorer sample captions-smooth -n 10 --seed 1\n"
        "  explorer sample captions-smooth -n 10 --strategy greedy"
    )
    add_run(parser)
    parser.add_argument("-n", type=int, default=10, help="how many sentences (default 10)")
    add_decoding(parser, strategy="sample")


def sample(args: argparse.Namespace) -> None:
    """Decodes samples of the prior."""
    from explorer.evaluation.prior_diagnostics import sampling_caveat

    within("-n", args.n, 1, 1_000_000)
    settings = decoding(args)
    run = open_run(args)
    z = run.prior_samples(args.n, settings.seed)
    texts: list[str] = []
    # The same parts as in `run.sample`, shown as they are decoded.
    for number, start in enumerate(range(0, args.n, PART)):
        part = run.decode(z[start : start + PART], settings.of_part(number))
        if args.json:
            texts += part
        else:
            say("\n".join(part))
    if args.json:
        say_json([{"text": text} for text in texts])
    if note := sampling_caveat(run.model):
        warn(note)
