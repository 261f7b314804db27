"""The metrics of documents as bags of words."""

from explorer.evaluation.metric_definition import Metric

DOCUMENT_METRICS: dict[str, Metric] = {
    "document_ppl": Metric(
        "Perplexity per document (bound)",
        "per document",
        "lower",
        "exp of the mean over documents of −ELBO / words: each document has the same weight; in "
        "`elbo_ppl` each word has. The literature calls both perplexity.",
        "document_measures:document_ppl",
        "Miao et al. (2016), arXiv:1511.06038, section 4.1",
    ),
    "document_importance_ppl": Metric(
        "Perplexity per document (importance-weighted)",
        "per document",
        "lower",
        "The same, with the importance-weighted estimate of −log p(x) instead of the bound.",
        "document_measures:document_importance_ppl",
        "Burda et al. (2016), arXiv:1509.00519",
    ),
    "npmi": Metric(
        "Coherence of topics (NPMI)",
        "−1 to 1",
        "higher",
        "Mean normalised pointwise mutual information of the pairs among a topic's ten top "
        "words, from the training documents that contain them; for a Gaussian z, of both ends "
        "of each dimension. Words are ranked by p(w|topic) log(p(w|topic) / mean of all topics).",
        "document_measures:npmi",
        "Lau, Newman & Baldwin (2014)",
    ),
    "topic_diversity": Metric(
        "Diversity of topics",
        "share, 0 to 1",
        "higher",
        "Fraction of distinct words among the 25 top words of all topics.",
        "document_measures:topic_diversity",
        "Dieng et al. (2020), arXiv:1907.04907",
    ),
}
"""Left out of `metrics.json` for a model of sentences."""
