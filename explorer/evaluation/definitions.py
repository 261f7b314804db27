"""What each figure means: shown beside it, and the only place that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

Direction = Literal["higher", "lower", "reference", "neither"]
"""Where better is; `reference`: as near as possible to the same figure of real text."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure of `metrics.json`."""

    title: str
    unit: str
    sentence: str
    better: Direction
    source: str = ""
    reference: str = "held-out"
    """What its `reference` was measured on, where the figure has one."""


_NATS = "nats per sentence"
_BURDA = "Burda et al. (2016), arXiv:1509.00519"
_POOLE = "Poole et al. (2019), arXiv:1905.06922"
_SHARE = "share, 0 to 1"

DEFINITIONS: dict[str, Definition] = {
    "distortion": Definition(
        "Distortion",
        _NATS,
        "−log p(x|z) of held-out sentences with one z each from the posterior, the end counted.",
        "lower",
        "Alemi et al. (2018), arXiv:1711.00464",
    ),
    "rate": Definition(
        "Rate",
        _NATS,
        "KL(q(z|x) ‖ p(z)), never thresholded or weighted: what it costs to send z. In closed "
        "form, or at one sample of z where the prior has none.",
        "neither",
        "Alemi et al. (2018), arXiv:1711.00464",
    ),
    "elbo": Definition(
        "−ELBO",
        _NATS,
        "Distortion + rate with β = 1, also for runs trained with another β.",
        "lower",
        "Kingma & Welling (2014), arXiv:1312.6114",
    ),
    "elbo_ppl": Definition(
        "Perplexity bound",
        "per word",
        "exp(−ELBO / predicted words) over the whole set; predicted are all words and the ends, "
        "also by a model that reads words in pieces.",
        "lower",
    ),
    "importance_nll": Definition(
        "Importance NLL",
        _NATS,
        "−log of the mean of p(x,z)/q(z|x) over K posterior samples; K is the sample count, and "
        "more samples tighten it. Exact for a language model.",
        "lower",
        _BURDA,
    ),
    "importance_ppl": Definition(
        "Perplexity",
        "per word",
        "exp(importance NLL / predicted words) over the whole set; predicted are all words and "
        "the ends, also by a model that reads words in pieces.",
        "lower",
        _BURDA,
    ),
    "mutual_information": Definition(
        "Mutual information",
        "nats",
        "I(x; z) under the posterior over all N sentences: at least low (at most log N), at most "
        "high (each sentence's own posterior left out).",
        "higher",
        _POOLE,
    ),
    "marginal_kl": Definition(
        "Marginal KL",
        "nats",
        "KL(q(z) ‖ p(z)) = rate − mutual information; reads too high for few sentences, so runs "
        "of different rate do not compare.",
        "lower",
        "Hoffman & Johnson (2016), ELBO surgery",
    ),
    "prior_gain": Definition(
        "Gain of the prior",
        _NATS,
        "Rate under the prior of the training minus the rate, on the same draws of the same "
        "posteriors: what a prior fitted afterwards saves. 95% interval over sentences.",
        "neither",
        "Hoffman & Johnson (2016), ELBO surgery",
    ),
    "active_units": Definition(
        "Active units",
        "dimensions",
        "Dimensions whose posterior mean varies over the data by more than 0.01 (variance).",
        "higher",
        _BURDA,
    ),
    "shuffled_z_gap": Definition(
        "Shuffled-z gap",
        _NATS,
        "Distortion with the z of another sentence, minus the distortion: 0 where z is ignored.",
        "higher",
    ),
    "prior_z_gap": Definition(
        "Prior-z gap",
        _NATS,
        "Distortion with a z from the prior, minus the distortion: 0 where z is ignored.",
        "higher",
    ),
    "bleu": Definition(
        "Reconstruction BLEU",
        "BLEU-4, 0 to 100",
        "Corpus BLEU of greedy decodes of the posterior mean (<unk> forbidden) on normalised "
        "tokens; <unk> never counts as a match.",
        "higher",
        "Post (2018), arXiv:1804.08771",
    ),
    "exact_match": Definition(
        "Exact match",
        _SHARE,
        "Sentences that greedy decoding of the posterior mean repeats word for word.",
        "higher",
    ),
    "token_accuracy": Definition(
        "Token accuracy",
        _SHARE,
        "Words of the sentence that stand at the same place in the greedy decode of its "
        "posterior mean.",
        "higher",
    ),
    "cycle_distance": Definition(
        "Cycle distance",
        "latent distance (Euclidean)",
        "Mean distance from a prior sample to the posterior mean of its greedy decode, beside "
        "the mean distance of two prior samples.",
        "lower",
        reference="two draws",
    ),
    "caption_retrieval_p1": Definition(
        "Caption retrieval P@1",
        _SHARE,
        "Captions whose nearest posterior mean (cosine of centred means) is another caption of "
        "the same image; beside a random order, closeness in length, and the captions' own words.",
        "higher",
    ),
    "caption_retrieval_r10": Definition(
        "Caption retrieval R@10",
        _SHARE,
        "Mean share of a caption's siblings of the same image among its ten nearest posterior "
        "means; beside the same.",
        "higher",
    ),
    "novelty": Definition(
        "Novelty",
        _SHARE,
        "Sentences drawn from the model that do not stand word for word in the training text, "
        "beside the same share of held-out sentences.",
        "reference",
    ),
    "nearest_training": Definition(
        "Distance to the training text",
        "edits per word",
        "Mean edit distance of drawn sentences to the nearest training sentence among 20 "
        "candidates by TF-IDF, beside that of held-out sentences.",
        "reference",
    ),
    "self_bleu": Definition(
        "Self-BLEU",
        "BLEU-4, 0 to 100",
        "BLEU of each drawn sentence with all others as references, beside that of held-out "
        "sentences; above that, the model repeats itself.",
        "reference",
        "Zhu et al. (2018), arXiv:1802.01886",
    ),
    "distinct_1": Definition(
        "Distinct words",
        _SHARE,
        "Different words over all words of drawn sentences, beside held-out sentences.",
        "reference",
        "Li et al. (2016), arXiv:1510.03055",
    ),
    "distinct_2": Definition(
        "Distinct pairs",
        _SHARE,
        "Different word pairs over all word pairs of drawn sentences, beside held-out sentences.",
        "reference",
        "Li et al. (2016), arXiv:1510.03055",
    ),
    "forward_perplexity": Definition(
        "Forward perplexity",
        "per word",
        "Perplexity that a language model of real text gives to drawn sentences, beside "
        "held-out ones.",
        "reference",
        "Zhao et al. (2018), arXiv:1706.04223",
    ),
    "reverse_perplexity": Definition(
        "Reverse perplexity",
        "per word",
        "Perplexity of real text under a language model trained on drawn sentences, beside that "
        "of one trained on as many real ones.",
        "lower",
        "Zhao et al. (2018), arXiv:1706.04223",
        "real text",
    ),
    "interpolation_linear_distinct": Definition(
        "Linear paths: sentences",
        "sentences of 11",
        "Different sentences on the way between two held-out ones, mean over the pairs.",
        "higher",
    ),
    "interpolation_linear_largest_step": Definition(
        "Linear paths: largest leap",
        "share of the ends' distance",
        "Largest edit distance of a step over that of the ends, mean over the pairs.",
        "lower",
    ),
    "interpolation_linear_middle": Definition(
        "Linear paths: middle",
        "ratio of perplexities",
        "Perplexity that a language model of real text gives to the sentences halfway, over that "
        "of the decoded ends; above 1 the way leads through less likely sentences.",
        "lower",
    ),
    "interpolation_spherical_distinct": Definition(
        "Spherical paths: sentences",
        "sentences of 11",
        "Different sentences on the way between two held-out ones, mean over the pairs.",
        "higher",
    ),
    "interpolation_spherical_largest_step": Definition(
        "Spherical paths: largest leap",
        "share of the ends' distance",
        "Largest edit distance of a step over that of the ends, mean over the pairs.",
        "lower",
    ),
    "interpolation_spherical_middle": Definition(
        "Spherical paths: middle",
        "ratio of perplexities",
        "Perplexity that a language model of real text gives to the sentences halfway, over that "
        "of the decoded ends; above 1 the way leads through less likely sentences.",
        "lower",
    ),
    "label_information": Definition(
        "Label in z",
        "nats",
        "I(z; label) from below: the labels' entropy minus the cross-entropy of a logistic "
        "regression that reads them off z, on the half it was not fitted on. In a conditional "
        "model this is leakage.",
        "neither",
    ),
    "label_switch_accuracy": Definition(
        "Label switched",
        _SHARE,
        "Sentences that, decoded from their own posterior mean with another label told, an "
        "outside judge (logistic regression on words and pairs) takes for that label.",
        "higher",
        "Hu et al. (2017), arXiv:1703.00955",
    ),
    "label_switch_bleu": Definition(
        "Label switched: kept",
        "BLEU-4, 0 to 100",
        "BLEU of those sentences against the ones they were made from.",
        "higher",
    ),
    "label_arithmetic_accuracy": Definition(
        "Label by arithmetic",
        _SHARE,
        "The same, with z moved by the difference of the labels' means instead.",
        "higher",
        "Shen et al. (2020), arXiv:1905.12777",
    ),
    "label_arithmetic_bleu": Definition(
        "Label by arithmetic: kept",
        "BLEU-4, 0 to 100",
        "BLEU of those sentences against the ones they were made from.",
        "higher",
    ),
}
"""Every name of `metrics.json`, in the order it is shown."""


_BASELINES = {"tfidf": "TF-IDF", "lsa_32": "LSA of 32"}


def beside(name: str, entry: Mapping[str, Any]) -> str:
    """What a figure is to be read beside, in words; empty where nothing was measured.

    Args:
        name: Of the figure.
        entry: What `metrics.json` says of it.
    """
    told = []
    if _is_number(real := entry.get("reference")):
        told.append(f"{DEFINITIONS[name].reference} {written(float(real))}")
    if isinstance(baselines := entry.get("baselines"), Mapping):
        told += [
            f"{_BASELINES.get(kind, kind)} {written(float(value))}"
            for kind, value in baselines.items()
            if _is_number(value)
        ]
    low, high = entry.get("low"), entry.get("high")
    if _is_number(low) and _is_number(high):
        told.append(f"{written(float(low))} to {written(float(high))}")
    if entry.get("resolved") is False:
        told.append("not resolved: too few sentences")
    if _is_number(whole := entry.get("of")):
        told.append(f"of {whole}")
    if _is_number(most := entry.get("ceiling")):
        told.append(f"at most {written(float(most))}")
    if _is_number(right := entry.get("judge")):
        told.append(f"the judge is right on {written(float(right))}")
    return ", ".join(told)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def written(value: Any) -> str:
    """A figure with as many digits as mean something: the same on the command line and the page.

    Three decimals below 10, one from there on.
    """
    if not isinstance(value, float):
        return str(value)
    told = f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return "0.000" if told == "-0.000" else told
