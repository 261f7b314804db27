"""`explorer locate`: texts of a file on the map of a run."""

import argparse
from pathlib import Path

from explorer.cli.options import add_run, check_out, open_run, some_path
from explorer.cli.output import Progress, say, say_json
from explorer.system.table_writers import check_format, writing

EXAMPLE = """\
Each sentence is encoded by the run and placed like a sentence typed on the map page. It is out of
domain if it costs more nats per word than 99% of the run's training sentences.

examples:
  explorer locate everyday reviews.csv
  explorer locate everyday reviews.csv --text-column text --out on-the-map.csv
"""


def locate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLE
    add_run(parser)
    parser.add_argument("file", metavar="FILE", help="a file of sentences")
    parser.add_argument("--text-column", default="", metavar="C", help="default: detected")
    parser.add_argument(
        "--view", default="umap", choices=("umap", "pca"), help="of the map (default umap)"
    )
    parser.add_argument("--out", type=some_path, metavar="OUT", help=".csv, .jsonl or .parquet")
    parser.add_argument("--stored", action="store_true", help=argparse.SUPPRESS)


def locate(args: argparse.Namespace) -> None:
    """Encodes the sentences and says how many the run does not know."""
    from explorer.explore.added_texts import locate_texts

    run = open_run(args)
    if args.stored:
        from explorer.workspace import added

        with Progress(quiet=args.json) as progress:
            result = added.add(run, args.file, progress.stage())
        return say(result.sentence(run.name))
    from explorer.text.preview import preview

    check_out(args.out, run.folder, args.file)
    if args.out:
        check_format(args.out, (".csv", ".tsv", ".jsonl", ".parquet"))
    path = Path(args.file).expanduser()
    texts = preview(path, None, args.text_column).table.texts
    with Progress(quiet=args.json) as progress:
        result = locate_texts(run, texts, progress.stage())
    xy, distance = result.positions(run, args.view)
    if args.out:
        rows = {
            "text": result.texts,
            "projection_x": [round(float(x), 4) for x in xy[:, 0]],
            "projection_y": [round(float(y), 4) for y in xy[:, 1]],
            "distance": [round(float(far), 4) for far in distance],
            "nats_per_word": [round(float(cost), 4) for cost in result.nats],
        }
        if result.outside is not None:
            rows["out_of_domain"] = result.outside.tolist()
        with writing(args.out) as sheet:
            sheet.add(rows)
    if args.json:
        outside = None if result.outside is None else float(result.outside.mean())
        return say_json({"sentences": len(result), "out_of_domain": outside})
    return say(result.sentence(run.name))
