"""The metrics of `metrics.json`: what each means, which value is better, and what measures it."""

from typing import Any

from explorer.evaluation.metric_definition import Metric
from explorer.evaluation.path_metrics import PATH_METRICS

_NATS = "nats per sentence"
_BURDA = "Burda et al. (2016), arXiv:1509.00519"
_POOLE = "Poole et al. (2019), arXiv:1905.06922"
_SHARE = "share, 0 to 1"

METRICS: dict[str, Metric] = {
    "distortion": Metric(
        "Distortion",
        _NATS,
        "lower",
        "−log p(x|z) of held-out sentences with one z each from the posterior, the end counted.",
        "measures:distortion",
        "Alemi et al. (2018), arXiv:1711.00464",
    ),
    "rate": Metric(
        "Rate",
        _NATS,
        "neither",
        "KL(q(z|x) ‖ p(z)), never thresholded or weighted: what it costs to send z. In closed "
        "form, or the mean of ten samples of z where the prior has none.",
        "measures:rate",
        "Alemi et al. (2018), arXiv:1711.00464",
    ),
    "elbo": Metric(
        "−ELBO",
        _NATS,
        "lower",
        "Distortion + rate with β = 1, also for runs trained with another β.",
        "measures:elbo",
        "Kingma & Welling (2014), arXiv:1312.6114",
    ),
    "elbo_ppl": Metric(
        "Perplexity bound",
        "per word",
        "lower",
        "exp(−ELBO / predicted words) over the whole set; predicted are all words and the ends, "
        "also by a model that reads words in pieces.",
        "measures:elbo_ppl",
    ),
    "importance_nll": Metric(
        "Importance NLL",
        _NATS,
        "lower",
        "−log of the mean of p(x,z)/q(z|x) over K posterior samples; K is the sample count, and "
        "more samples tighten it. Exact for a language model.",
        "measures:importance_nll",
        _BURDA,
    ),
    "importance_ppl": Metric(
        "Perplexity",
        "per word",
        "lower",
        "exp(importance NLL / predicted words) over the whole set; predicted are all words and "
        "the ends, also by a model that reads words in pieces.",
        "measures:importance_ppl",
        _BURDA,
    ),
    "open_vocabulary_ppl": Metric(
        "Perplexity, open vocabulary",
        "per word",
        "lower",
        "The same, with each <unk> spelled: −log p of its letters is added, under a 5-gram model "
        "of bytes (Witten–Bell) learned from the training words that are read as <unk>. The "
        "perplexity itself where every word is read in pieces.",
        "measures:open_vocabulary_ppl",
    ),
    "importance_ess": Metric(
        "Effective sample size",
        "samples",
        "higher",
        "(Σ w)² / Σ w² of the K importance weights p(x,z)/q(z|x), median over sentences. Below 10 "
        "the importance NLL and its perplexities are printed as upper bounds (≤).",
        "measures:importance_ess",
        "Kong (1992); Nowozin (2018), Debiasing Evidence Approximations",
    ),
    "bound_gap": Metric(
        "Gap of the ELBO",
        _NATS,
        "neither",
        "−ELBO − importance NLL of the same sentences: what K samples tighten, a lower bound on "
        "KL(q(z|x) ‖ p(z|x)). The standard error is that of the paired differences.",
        "measures:bound_gap",
        "Cremer et al. (2018), arXiv:1801.03558",
    ),
    "mutual_information": Metric(
        "Mutual information",
        "nats",
        "higher",
        "I(x; z) under the posterior over all N sentences, mean of ten draws: at least low (at "
        "most log N), at most high (each sentence's own posterior left out). Above log N − 1 it "
        "is not resolved.",
        "latent_measures:mutual_information",
        _POOLE,
    ),
    "marginal_kl": Metric(
        "Marginal KL",
        "nats",
        "lower",
        "KL(q(z) ‖ p(z)) = rate − mutual information; reads too high for few sentences, so runs "
        "of different rate do not compare.",
        "latent_measures:marginal_kl",
        "Hoffman & Johnson (2016), ELBO surgery",
    ),
    "prior_gain": Metric(
        "Gain of the prior",
        _NATS,
        "neither",
        "Rate under the prior of the training minus the rate, on the same draws of the same "
        "posteriors: what a prior fitted afterwards saves. 95% interval over sentences.",
        "latent_measures:prior_gain",
        "Hoffman & Johnson (2016), ELBO surgery",
    ),
    "active_units": Metric(
        "Active units",
        "dimensions",
        "higher",
        "Dimensions whose posterior mean varies over the data: Var(mean) > 0.01 under N(0, I); "
        "under any other prior, which fixes no unit of z, Var(mean) / (Var(mean) + E[σ²]) > 0.01.",
        "latent_measures:active_units",
        _BURDA,
    ),
    "shuffled_z_gap": Metric(
        "Shuffled-z gap",
        _NATS,
        "higher",
        "Distortion with the z of another sentence, minus the distortion: 0 where z is ignored.",
        "latent_measures:shuffled_z_gap",
    ),
    "prior_z_gap": Metric(
        "Prior-z gap",
        _NATS,
        "higher",
        "Distortion with a z from the prior, minus the distortion: 0 where z is ignored.",
        "latent_measures:prior_z_gap",
    ),
    "bleu": Metric(
        "Reconstruction BLEU",
        "BLEU-4, 0 to 100",
        "higher",
        "Corpus BLEU of greedy decodes of the posterior mean (<unk> forbidden) on normalised "
        "tokens; <unk> never counts as a match.",
        "measures:bleu",
        "Post (2018), arXiv:1804.08771",
    ),
    "bleu_nearest": Metric(
        "Reconstruction BLEU, nearest of 8",
        "BLEU-4, 0 to 100",
        "higher",
        "The same in a latent space of vectors: of eight decodes, the one whose vector, by the "
        "encoder at hand, has the largest cosine with the sentence's; beside a single one.",
        "measures:bleu_nearest",
        "Morris et al. (2023), arXiv:2310.06816",
    ),
    "exact_match": Metric(
        "Exact match",
        _SHARE,
        "higher",
        "Sentences that greedy decoding of the posterior mean repeats word for word.",
        "measures:exact_match",
    ),
    "token_accuracy": Metric(
        "Token accuracy",
        _SHARE,
        "higher",
        "Words of the sentence that stand at the same place in the greedy decode of its "
        "posterior mean.",
        "measures:token_accuracy",
    ),
    "content_words_kept": Metric(
        "Content words kept",
        _SHARE,
        "higher",
        "Words of more than three letters, English stop words left out, that stand anywhere in "
        "the greedy decode of the sentence's posterior mean; by quarter of the sentence.",
        "measures:content_words_kept",
        "Bosc & Vincent (2020), EMNLP",
    ),
    "cycle_distance": Metric(
        "Cycle distance",
        "latent distance (Euclidean)",
        "lower",
        "Mean distance from a prior sample to the posterior mean of its greedy decode, beside "
        "the mean distance of two prior samples.",
        "measures:cycle_distance",
        reference="two draws",
    ),
    "caption_retrieval_p1": Metric(
        "Caption retrieval P@1",
        _SHARE,
        "higher",
        "Captions whose nearest posterior mean (cosine of centred means) is another caption of "
        "the same image; beside a random order, closeness in length, the captions' own words, and "
        "vectors of 32 numbers fitted on the training captions.",
        "retrieval_measures:p1",
    ),
    "caption_retrieval_r10": Metric(
        "Caption retrieval R@10",
        _SHARE,
        "higher",
        "Mean share of a caption's siblings of the same image among its ten nearest posterior "
        "means; beside the same.",
        "retrieval_measures:r10",
    ),
    "caption_retrieval_p1_sampled": Metric(
        "Caption retrieval P@1, sampled",
        _SHARE,
        "higher",
        "The same with a sample of the caption's posterior as query, mean of ten draws: what z "
        "transmits, where the mean may tell apart what the noise of the posterior drowns.",
        "retrieval_measures:p1_sampled",
    ),
    "caption_retrieval_r10_sampled": Metric(
        "Caption retrieval R@10, sampled",
        _SHARE,
        "higher",
        "The same with a sample of the caption's posterior as query, mean of ten draws.",
        "retrieval_measures:r10_sampled",
    ),
    "novelty": Metric(
        "Novelty",
        _SHARE,
        "reference",
        "Sentences drawn from the model that do not stand word for word in the training text, "
        "beside the same share of held-out sentences.",
        "measures:novelty",
    ),
    "nearest_training": Metric(
        "Distance to the training text",
        "edits per word",
        "reference",
        "Mean edit distance of drawn sentences to the nearest training sentence among 20 "
        "candidates by TF-IDF, beside that of held-out sentences.",
        "measures:nearest_training",
    ),
    "self_bleu": Metric(
        "Self-BLEU",
        "BLEU-4, 0 to 100",
        "reference",
        "BLEU of each drawn sentence with all others as references, beside that of held-out "
        "sentences; above that, the model repeats itself.",
        "measures:self_bleu",
        "Zhu et al. (2018), arXiv:1802.01886",
    ),
    "distinct_1": Metric(
        "Distinct words",
        _SHARE,
        "reference",
        "Different words over all words of drawn sentences, beside held-out sentences.",
        "measures:distinct_1",
        "Li et al. (2016), arXiv:1510.03055",
    ),
    "distinct_2": Metric(
        "Distinct pairs",
        _SHARE,
        "reference",
        "Different word pairs over all word pairs of drawn sentences, beside held-out sentences.",
        "measures:distinct_2",
        "Li et al. (2016), arXiv:1510.03055",
    ),
    "forward_perplexity": Metric(
        "Forward perplexity",
        "per word",
        "reference",
        "Perplexity that a language model of real text gives to drawn sentences, beside "
        "held-out ones.",
        "measures:forward_perplexity",
        "Zhao et al. (2018), arXiv:1706.04223",
    ),
    "reverse_perplexity": Metric(
        "Reverse perplexity",
        "per word",
        "lower",
        "Perplexity of real text under a language model trained on drawn sentences, beside that "
        "of one trained on as many real ones.",
        "measures:reverse_perplexity",
        "Zhao et al. (2018), arXiv:1706.04223",
        reference="real text",
    ),
    **PATH_METRICS,
    "label_information": Metric(
        "Label in z",
        "nats",
        "neither",
        "I(z; label) from below: the labels' entropy minus the cross-entropy of a logistic "
        "regression that reads them off z, on the half it was not fitted on. In a conditional "
        "model this is leakage.",
        "measures:label_information",
    ),
    "label_switch_accuracy": Metric(
        "Label switched",
        _SHARE,
        "higher",
        "Sentences that, decoded from their own posterior mean with another label told, an "
        "outside judge (logistic regression on words and pairs) takes for that label.",
        "measures:label_switch_accuracy",
        "Hu et al. (2017), arXiv:1703.00955",
    ),
    "label_switch_bleu": Metric(
        "Label switched: kept",
        "BLEU-4, 0 to 100",
        "higher",
        "BLEU of those sentences against the ones they were made from.",
        "measures:label_switch_bleu",
    ),
    "label_arithmetic_accuracy": Metric(
        "Label by arithmetic",
        _SHARE,
        "higher",
        "The same, with z moved by the difference of the labels' means instead.",
        "measures:label_arithmetic_accuracy",
        "Shen et al. (2020), arXiv:1905.12777",
    ),
    "label_arithmetic_bleu": Metric(
        "Label by arithmetic: kept",
        "BLEU-4, 0 to 100",
        "higher",
        "BLEU of those sentences against the ones they were made from.",
        "measures:label_arithmetic_bleu",
    ),
}
"""In the order they are measured and shown."""


def written(value: Any) -> str:
    """A figure with as many digits as mean something: the same on the command line and the page.

    Three decimals below 10, one from there on.
    """
    if not isinstance(value, float):
        return str(value)
    told = f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return "0.000" if told == "-0.000" else told
