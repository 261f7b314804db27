"""The published table of 20 Newsgroups with 1,995 words."""

from typing import NamedTuple


class PublishedDocuments(NamedTuple):
    """A row as printed: 50 topics or dimensions, bounds on all test documents."""

    title: str
    source: str
    per_document: float
    npmi: float | None = None


NEWSGROUPS = (
    PublishedDocuments("LDA", "Ning et al. (2020)", 893),
    PublishedDocuments("ProdLDA", "Ning et al. (2020)", 1009, 0.236),
    PublishedDocuments("NVDM", "Ning et al. (2020)", 837),
    PublishedDocuments("GSM", "Ning et al. (2020)", 787),
    PublishedDocuments("iTM-VAE-Prod", "Ning et al. (2020)", 769, 0.291),
)
"""Of Ning, Zheng, Jiang, Wang & Wang (2020), Nonparametric Topic Modeling with Neural Inference,
and the papers it quotes."""

DOCUMENT_BENCHMARKS = {"20news": NEWSGROUPS}
"""By named corpus."""
