"""A run's model card: written once, then only its scores are renewed."""

import re
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.evaluation.metrics import METRICS, beside
from explorer.runs import folder as folders
from explorer.system.atomic_files import write as write_file
from explorer.text.corpus_catalog import NAMED
from explorer.training import fine_tuning

_SCORES = re.compile(r"(?ms)^## Scores\n.*?(?=^## |\Z)")
_KINDS = {"point": "A plain autoencoder", "none": "A language model"}
_DENSITY = (
    "\n\nIt can be sampled by way of a {name} fitted on its encodings when all else was trained: "
    "this density is no part of the autoencoder's objective."
)


def write(folder: Path) -> None:
    """Writes `README.md`, or renews the section "Scores" of the one that is there."""
    config, metrics = configs.read(folder / folders.CONFIG), folders.read_metrics(folder)
    scores = _scores(metrics)
    path = folder / folders.CARD
    if path.is_file():
        # Somebody else's bytes go through as they are, in whatever encoding.
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        if _SCORES.search(text):
            text = _SCORES.sub(lambda _: f"{scores}\n", text)
        else:
            text = f"{text.rstrip()}\n\n{scores}"
    else:
        text = _card(folder.resolve().name, config, scores)
    content = (text.rstrip() + "\n").encode("utf-8", errors="surrogateescape")
    write_file(path, lambda file: file.write(content))


def _card(name: str, config: configs.Config, scores: str) -> str:
    model = config.model
    kind = _KINDS.get(str(model.latent["name"]), "A sentence VAE")
    if model.latent["name"] == "point" and model.encoder.get("word_dropout"):
        kind = "A denoising autoencoder"
    corpus = NAMED.get(config.corpus.name)
    data = corpus.title if corpus else f"`{Path(config.corpus.path).name}`, a file of the user's"
    terms = f"\n\nTerms of the data: {corpus.licence}" if corpus else ""
    sizes = f"{model.embedding_dim}-wide words, {model.latent_dim} latent dimensions"
    epochs = f"{fine_tuning.passes(config)} epochs{fine_tuning.after(config)}"
    return (
        f"# {name}\n\n"
        f"{kind} trained on {data}: {sizes}, {epochs}. `config.toml` is the whole recipe."
        f"{_density(config)}\n\n"
        f"{scores}\n"
        f"## Data\n\n{data}. No file of it is here; reconstructions in the map may equal "
        f"its sentences word for word: its terms hold for weights and map.{terms}\n\n"
        f"## Again\n\n```\nexplorer train {name} --restart\nexplorer evaluate {name}\n```\n"
    )


def _density(config: configs.Config) -> str:
    """What was fitted afterwards so that an autoencoder can be sampled; else empty."""
    name = str(config.training.fit_prior["name"])
    is_plain = config.model.latent["name"] == "point"
    return _DENSITY.format(name=name) if is_plain and name != "none" else ""


def _scores(metrics: dict[str, Any]) -> str:
    lines = ["## Scores\n"]
    if "verdict" in metrics:
        lines.append(f"**{metrics['verdict']}** — {metrics.get('verdict_in_words', '')}\n")
    lines.append(
        "| figure | value | unit | beside | sentences | samples |\n"
        "| --- | ---: | --- | --- | ---: | ---: |"
    )
    for name, definition in METRICS.items():
        entry = metrics.get(name, {})
        if entry.get("value") is None:
            continue
        error = f" ± {entry['error']:.2g}" if entry.get("error") else ""
        lines.append(
            f"| {definition.title} (`{name}`) | {_number(entry['value'])}{error} | "
            f"{entry.get('unit', definition.unit)} | {_escaped(beside(name, entry))} | "
            f"{_count(entry.get('n'))} | {_count(entry.get('samples'))} |"
        )
    lines.append(
        "\n± is the standard error over the sentences measured on, each taken as independent of "
        "the others (captions of one image are not)."
    )
    if "command" in metrics:
        torch = metrics.get("versions", {}).get("torch", "?")
        lines.append(
            f"\nPrinted by `{metrics['command']}` on {metrics.get('device', '?')}, torch {torch}."
        )
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Text as Markdown, in which `<unk>` would be a tag."""
    return text.replace("<", "&lt;")


def _number(value: float) -> str:
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.2f}"


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and value else ""
