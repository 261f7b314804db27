"""`explorer dimensions`: the ends of each latent dimension, named in words."""

import argparse

from explorer.cli.options import add_run, open_run
from explorer.cli.output import say, say_json, table


def dimensions_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "example:\n  explorer dimensions captions-smooth\n\n"
        "Low and high are the words whose sentences lie farthest out on each side, by at least\n"
        "five standard errors; length is the correlation with the number of words. Dimensions\n"
        "are sorted by variance; those that hardly vary are inactive."
    )
    add_run(parser)


def dimensions(args: argparse.Namespace) -> None:
    """Names every latent dimension of a run from the sentences of its map."""
    run = open_run(args)
    atlas = run.needed_atlas
    from explorer.latent_space.dimension_words import dimension_words

    variance = atlas.mean.var(axis=0).tolist()
    ends = dimension_words(run.texts, atlas.mean)
    order = sorted(range(len(ends)), key=lambda number: -variance[number])
    if args.json:
        entries = [
            {
                "dimension": number,
                "variance": variance[number],
                "low": ends[number].low,
                "high": ends[number].high,
                "length": ends[number].length,
            }
            for number in order
        ]
        say_json({"sentences_are_real": run.texts_are_real, "dimensions": entries})
        return
    rows = [
        (
            str(number),
            f"{variance[number]:.3f}",
            ", ".join(ends[number].low),
            ", ".join(ends[number].high),
            f"{ends[number].length:+.2f}",
        )
        for number in order
    ]
    whose = "" if run.texts_are_real else "the model's reconstructions of "
    say(f"{run.name}: {whose}{len(run.texts):,} sentences")
    say(table(("dimension", "variance", "low", "high", "length"), rows, right=(0, 1, 4)))
