"""The table of `explorer benchmark 20news`: published rows, baselines, and runs, side by side."""

from collections.abc import Iterator
from typing import Any

from explorer import config as configs
from explorer.cli.output import Progress, say, say_json, table
from explorer.evaluation.document_baselines import DocumentScores
from explorer.evaluation.published_documents import DOCUMENT_BENCHMARKS
from explorer.evaluation.verdict import value_of
from explorer.runs import folder as folders

_HEAD = ("model", "source", "per document", "importance", "per word", "NPMI", "diversity")
_TEXT = ("title", "source")
_NUMBERS = ("per_document", "importance", "per_word", "npmi", "diversity")
NOTE = """\
Perplexities are bounds unless headed importance. "Per document" is exp of the mean over documents
of nats / words, "per word" exp of all nats / all words: the literature confuses them. One test
document is empty and left out; 22 test documents occur verbatim in the training split."""


def print_table(corpus: str, with_baselines: bool, as_json: bool) -> None:
    """Prints published rows, the runs on a corpus, and baselines if they are asked for."""
    rows: list[dict[str, Any]] = [
        {"title": item.title, "source": item.source}
        | {"per_document": float(item.per_document), "npmi": item.npmi}
        for item in DOCUMENT_BENCHMARKS[corpus]
    ]
    rows += _runs(corpus)
    if with_baselines:
        with Progress(quiet=as_json) as progress:
            for scores in _baselines(corpus):
                progress.show(f"fitted: {scores.title}")
                numbers = {name: getattr(scores, name, None) for name in _NUMBERS}
                rows.append({"title": scores.title, "source": "baseline"} | numbers)
    if as_json:
        return say_json(rows)
    lines = [
        (*(str(row[name]) for name in _TEXT), *(_number(name, row.get(name)) for name in _NUMBERS))
        for row in rows
    ]
    say(table(_HEAD, lines, right=(2, 3, 4, 5, 6)))
    say(NOTE)
    return None


def _number(name: str, value: object) -> str:
    if not isinstance(value, float):
        return "–"
    return f"{value:.3f}" if name in ("npmi", "diversity") else f"{value:.1f}"


def _runs(corpus: str) -> Iterator[dict[str, Any]]:
    keys = {
        "per_document": "document_ppl",
        "importance": "document_importance_ppl",
        "per_word": "elbo_ppl",
        "npmi": "npmi",
        "diversity": "topic_diversity",
    }
    for name, folder in sorted(folders.by_name().items()):
        if (folder / folders.METRICS).is_file():
            recipe = configs.read(folder / folders.CONFIG)
            if recipe.corpus.name == corpus:
                metrics = folders.read_metrics(folder)
                values = {key: value_of(metrics, metric) for key, metric in keys.items()}
                count = metrics.get("document_ppl", {}).get("n", 0)
                yield {"title": name, "source": f"run, {count:,} test documents"} | values


def _baselines(corpus: str) -> Iterator[DocumentScores]:
    from explorer.config import CorpusConfig
    from explorer.evaluation.document_baselines import baselines
    from explorer.models.dataset import load
    from explorer.models.unigram_mixture import counted
    from explorer.text.corpus_catalog import NAMED

    known = NAMED[corpus]
    recipe = configs.Config(
        corpus=CorpusConfig(
            name=corpus,
            tokens=known.tokens,
            vocabulary_size=known.vocabulary_size,
            max_tokens=known.max_tokens,
        ),
        model=configs.ModelConfig(encoder={"name": "words"}, decoder={"name": "words"}),
    )
    data = load(recipe)
    train, test = (
        counted(data.select(split), len(data.vocabulary)) for split in ("train", "test")
    )
    yield from baselines(train, test)
