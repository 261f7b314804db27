"""A run's model card: written once, then only its scores are updated."""

import re
from pathlib import Path
from typing import Any

from explorer import config as configs
from explorer.evaluation.metric_definition import worded
from explorer.evaluation.metric_text import beside, errors_note, shown
from explorer.evaluation.metrics import METRICS
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import NO, NOT_MEASURED, PARTLY, reconstruction_bleu, uses_z
from explorer.runs import folder as folders
from explorer.system.atomic_files import write as write_file
from explorer.text.corpus_catalog import NAMED, NamedCorpus
from explorer.training import fine_tuning

_SCORES = re.compile(r"(?ms)^## Scores\n.*?(?=^## |\Z)")
_CODE_OR_TAG = re.compile(r"`[^`]*`|<")
_FAITHFUL = 50.0
"""Reconstruction BLEU from which most words of a sentence come back."""
_TITLES = {
    "point": "A plain autoencoder",
    "none": "A language model",
    "vectors": "A decoder of sentence vectors",
    "simplex": "A neural topic model",
}
_NEWSGROUPS = (
    "Its published labels are constant (1 throughout), so they are not used; one document of "
    "each split is empty and left out; 22 test documents occur verbatim in the training split."
)
_DENSITY = (
    "\n\nIt can be sampled from a {name} fitted to its encodings after training: this density "
    "is not part of the autoencoder's objective."
)


def without_scores(text: str) -> str:
    """A card without its section "Scores"."""
    return _SCORES.sub("", text)


def write(folder: Path) -> None:
    """Writes `README.md`, or updates the section "Scores" of an existing one."""
    config, metrics = configs.read(folder / folders.CONFIG), folders.read_metrics(folder)
    scores = _scores(metrics)
    path = folder / folders.CARD
    if path.is_file():
        # Bytes of any encoding are preserved.
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        if _SCORES.search(text):
            text = _SCORES.sub(lambda _: f"{scores}\n", text)
        else:
            text = f"{text.rstrip()}\n\n{scores}"
    else:
        text = _card(folder.resolve().name, config, metrics)
    content = (text.rstrip() + "\n").encode("utf-8", errors="surrogateescape")
    write_file(path, lambda file: file.write(content))


def _card(name: str, config: configs.Config, metrics: dict[str, Any]) -> str:
    model, scores = config.model, _scores(metrics)
    documents = config.corpus.tokens == "bag"
    usual = "A neural document model" if documents else "A sentence VAE"
    title = _TITLES.get(str(model.latent["name"]), usual)
    if model.latent["name"] == "point" and model.encoder.get("word_dropout"):
        title = "A denoising autoencoder"
    corpus, data = NAMED.get(config.corpus.name), _data(config)
    terms = f"\n\nTerms of the data: {corpus.licence}" if corpus else ""
    sizes = (
        f"{model.embedding_dim}-dimensional word embeddings, {model.latent_dim} latent dimensions"
    )
    epochs = f"{fine_tuning.passes(config)} epochs{fine_tuning.after(config)}"
    holds = (
        "The run contains no text of it, but reconstructions on the map may equal its sentences"
    )
    holds += " word for word, so its terms apply to weights and map."
    if documents:
        holds = (
            "The run contains no text of it: the map has the model's ranked words for each "
            "document."
        )
    if config.corpus.name == "20news":
        holds += f" {_NEWSGROUPS}"
    if config.atlas.text and corpus:
        holds = _notice(corpus)
    return (
        f"# {name}\n\n"
        f"{title} trained on {data}: {sizes}, {epochs}. `config.toml` is the complete recipe."
        f"{_density(config)}\n\n"
        f"## Intended use\n\n{intended_use(config)}\n\n"
        f"## Limits\n\n{limits(config, metrics)}\n\n"
        f"## Data\n\n{data}. {holds}{terms}\n\n"
        f"{scores}\n"
        f"## Reproduce\n\n```\nexplorer train {name} --restart\nexplorer evaluate {name}\n```\n"
    )


def _notice(corpus: NamedCorpus) -> str:
    """The attribution of sentences that the map holds."""
    lines = [
        f"- {source.title}: {source.licence}, <{source.address}>"
        for source in corpus.sources
        if source.shippable
    ]
    return "\n".join(
        ["The map contains sentences from these sources, cleaned, one sentence per row:\n", *lines]
    )


def _data(config: configs.Config) -> str:
    corpus = NAMED.get(config.corpus.name)
    return corpus.title if corpus else f"`{Path(config.corpus.path).name}`, a user's file"


def intended_use(config: configs.Config) -> str:
    """What a run is for, as Markdown."""
    what = "predicts" if config.model.latent["name"] == "none" else "arranges"
    texts = "documents" if config.corpus.tokens == "bag" else "sentences"
    return (
        f"Research and teaching: to see how a small model {what} {texts} like those of "
        f"{_data(config)}. It is not an assistant, and what it decodes is not factual."
    )


def limits(config: configs.Config, metrics: dict[str, Any]) -> str:
    """What a run cannot do, by its recipe and metrics, as a Markdown list."""
    corpus = config.corpus
    lines = [
        f"It handles sentences of up to {corpus.max_tokens} tokens, like those of its corpus."
    ]
    if corpus.tokens == "bag":
        lines = [
            "It reads a text as counts of the words in its vocabulary: word order and all other "
            "words are lost, and a point decodes to ranked words."
        ]
    if config.model.encoder["name"] == "vectors":
        source = config.model.encoder.get("source") or "an unnamed encoder"
        lines.append(
            f"Its latent points are vectors of {source}, which is needed to encode typed text; "
            "decoding inverts a vector only approximately."
        )
    if corpus.tokens == "words":
        lines.append("A word outside its vocabulary is read as `<unk>`.")
    bleu = reconstruction_bleu(metrics)
    if bleu is not None and bleu < _FAITHFUL:
        lines.append(f"Many sentences are reconstructed in different words (BLEU {bleu:.0f}).")
    use, sampling = uses_z(metrics), can_be_sampled(metrics)
    lines += [item.sentence for item in (use, sampling) if item.value in (NO, PARTLY)]
    lines.append("It reproduces the biases of its corpus.")
    return "\n".join(f"- {_escaped(line)}" for line in lines)


def _density(config: configs.Config) -> str:
    """A note on the density an autoencoder is sampled from; empty without one."""
    name = str(config.training.fit_prior["name"])
    if config.model.latent["name"] not in ("point", "vectors") or name == "none":
        return ""
    # Imported here: torch takes seconds.
    from explorer.models.priors import PRIORS

    return _DENSITY.format(name=PRIORS[name].title if name in PRIORS else name)


def _scores(metrics: dict[str, Any]) -> str:
    lines = ["## Scores\n"]
    if not any(metrics.get(name, {}).get("value") is not None for name in METRICS):
        return "\n".join([*lines, "Not evaluated yet.\n"])
    use, sampling = uses_z(metrics), can_be_sampled(metrics)
    if use.code != NOT_MEASURED:
        lines.append(f"**Uses z: {use.short}.** {use.sentence}\n")
    if sampling.value or sampling.thresholds:
        lines.append(f"**Can be sampled from: {sampling.short}.** {sampling.sentence}\n")
    texts = worded("sentences", metrics)
    lines.append(
        f"| metric | value | unit | compare with | {texts} | samples |\n"
        "| --- | ---: | --- | --- | ---: | ---: |"
    )
    for name, definition in METRICS.items():
        entry = metrics.get(name, {})
        if entry.get("value") is None:
            continue
        comparison = _escaped(worded(beside(name, entry), metrics))
        error = f" ± {entry['error']:.2g}" if entry.get("error") else ""
        lines.append(
            f"| {definition.title} (`{name}`) | {shown(name, entry, _number)}{error} | "
            f"{entry.get('unit', definition.unit)} | {comparison} | "
            f"{_count(entry.get('n'))} | {_count(entry.get('samples'))} |"
        )
    if note := errors_note(metrics):
        lines.append(f"\n±: {note}")
    if "command" in metrics:
        torch = metrics.get("versions", {}).get("torch", "?")
        lines.append(
            f"\nMeasured by `{metrics['command']}` on {metrics.get('device', '?')}, torch {torch}."
        )
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Text as Markdown, in which <unk> would be a tag, but within backticks."""
    return _CODE_OR_TAG.sub(lambda part: "&lt;" if part[0] == "<" else part[0], text)


def _number(value: float) -> str:
    return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.2f}"


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) and value else ""
