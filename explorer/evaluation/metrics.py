"""The metrics of `metrics.json`: what each means, which value is better, and what measures it."""

from typing import Any

from explorer.evaluation.document_metrics import DOCUMENT_METRICS
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
        "−log p(x|z) of held-out sentences, each with one z sampled from its posterior; the end "
        "of a sentence counts as a word.",
        "measures:distortion",
        "Alemi et al. (2018), arXiv:1711.00464",
    ),
    "rate": Metric(
        "Rate",
        _NATS,
        "neither",
        "KL(q(z|x) ‖ p(z)), neither thresholded nor weighted: the nats needed to encode z. In "
        "closed form if there is one, otherwise the mean over ten samples of z.",
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
        "exp(−ELBO / predicted words) over the whole set. Each word and each end of a sentence "
        "counts as one, even if the model uses subwords.",
        "measures:elbo_ppl",
    ),
    "importance_nll": Metric(
        "Importance NLL",
        _NATS,
        "lower",
        "−log of the mean of p(x,z)/q(z|x) over K posterior samples; a bound that tightens with "
        "K. Exact for a language model.",
        "measures:importance_nll",
        _BURDA,
    ),
    "importance_ppl": Metric(
        "Perplexity",
        "per word",
        "lower",
        "exp(importance NLL / predicted words) over the whole set. Each word and each end of a "
        "sentence counts as one, even if the model uses subwords.",
        "measures:importance_ppl",
        _BURDA,
    ),
    "open_vocabulary_ppl": Metric(
        "Perplexity, open vocabulary",
        "per word",
        "lower",
        "The same with each <unk> spelled out: −log p of its letters is added, under a 5-gram "
        "byte model (Witten–Bell) of the training words that are read as <unk>. Equal to the "
        "perplexity if the model uses subwords.",
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
        "−ELBO minus the importance NLL of the same sentences: a lower bound on "
        "KL(q(z|x) ‖ p(z|x)). The standard error is of the paired differences.",
        "measures:bound_gap",
        "Cremer et al. (2018), arXiv:1801.03558",
    ),
    "amortisation_gap": Metric(
        "Amortisation gap",
        _NATS,
        "lower",
        "How far −ELBO falls when the mean and scale of each sentence’s posterior are refined by "
        "50 gradient steps from the encoder’s output: a lower bound on what the encoder loses by "
        "serving all sentences at once. The best posterior counts, scored on the same 32 draws "
        "before and after, so no sentence gets worse; 95% interval over sentences.",
        "measures:amortisation_gap",
        "Cremer et al. (2018), arXiv:1801.03558",
    ),
    "mutual_information": Metric(
        "Mutual information",
        "nats",
        "higher",
        "I(x; z) under the posterior over all N sentences, mean of ten draws. Its lower bound "
        "is at most log N; its upper bound leaves out each sentence's own posterior. Above log "
        "N − 1 it is not resolved.",
        "latent_measures:mutual_information",
        _POOLE,
    ),
    "marginal_kl": Metric(
        "Marginal KL",
        "nats",
        "lower",
        "KL(q(z) ‖ p(z)) = rate − mutual information. With few sentences it is overestimated, "
        "so runs of different rate cannot be compared.",
        "latent_measures:marginal_kl",
        "Hoffman & Johnson (2016), ELBO surgery",
    ),
    "prior_gain": Metric(
        "Gain of the prior",
        _NATS,
        "neither",
        "Rate under the prior used in training minus the rate under the fitted one, on the same "
        "samples of z. 95% interval over sentences.",
        "latent_measures:prior_gain",
        "Hoffman & Johnson (2016), ELBO surgery",
    ),
    "active_units": Metric(
        "Active units",
        "dimensions",
        "higher",
        "Dimensions whose posterior mean varies over the data: Var(mean) > 0.01 under N(0, I); "
        "under any other prior, which leaves the scale of z free, "
        "Var(mean) / (Var(mean) + E[σ²]) > 0.01.",
        "latent_measures:active_units",
        _BURDA,
    ),
    "codes_used": Metric(
        "Codes used",
        _SHARE,
        "higher",
        "In a discrete latent space: the values, over all codes, that occur in at least one "
        "held-out sentence; `perplexity` is that of a code’s values, mean over the codes.",
        "code_measures:codes_used",
        "van den Oord et al. (2017), arXiv:1711.00937",
    ),
    "code_swap_changes": Metric(
        "Swapped code changes the words",
        _SHARE,
        "higher",
        "In a latent space of codes: sentences whose greedy decode is different when a single "
        "code, drawn at random, takes the category of another sentence.",
        "code_measures:code_swap_changes",
    ),
    "shuffled_z_gap": Metric(
        "Shuffled-z gap",
        _NATS,
        "higher",
        "Distortion with the z of another sentence, minus the distortion: 0 if z is ignored.",
        "latent_measures:shuffled_z_gap",
    ),
    "prior_z_gap": Metric(
        "Prior-z gap",
        _NATS,
        "higher",
        "Distortion with a z sampled from the prior, minus the distortion: 0 if z is ignored.",
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
        "The same for the nearest of eight decodes: each is encoded again, the error corrects "
        "the next point to decode, and the one with the largest cosine with the posterior mean "
        "is taken. Beside it a single decode, and one sample of z: a mean, known exactly, "
        "carries more than the rate.",
        "measures:bleu_nearest",
        "Morris et al. (2023), arXiv:2310.06816",
    ),
    "exact_match": Metric(
        "Exact match",
        _SHARE,
        "higher",
        "Sentences reproduced word for word by greedy decoding of the posterior mean.",
        "measures:exact_match",
    ),
    "token_accuracy": Metric(
        "Token accuracy",
        _SHARE,
        "higher",
        "Words of the sentence that are at the same position in the greedy decode of its "
        "posterior mean.",
        "measures:token_accuracy",
    ),
    "content_words_kept": Metric(
        "Content words kept",
        _SHARE,
        "higher",
        "Words of more than three letters, except English stop words, that occur anywhere in the "
        "greedy decode of the sentence's posterior mean; by quarter of the sentence.",
        "measures:content_words_kept",
        "Bosc & Vincent (2020), EMNLP",
    ),
    "cycle_distance": Metric(
        "Cycle distance",
        "latent distance (Euclidean)",
        "lower",
        "Mean distance from a prior sample to the posterior mean of its greedy decode; compare "
        "with the mean distance between two prior samples.",
        "measures:cycle_distance",
        reference="two samples",
    ),
    "caption_retrieval_p1": Metric(
        "Caption retrieval P@1",
        _SHARE,
        "higher",
        "Captions whose nearest posterior mean (cosine of centred means) is another caption of "
        "the same image; compare with ranking at random, by length, by shared words, and by "
        "32-dimensional vectors fitted to the training captions.",
        "retrieval_measures:p1",
    ),
    "caption_retrieval_r10": Metric(
        "Caption retrieval R@10",
        _SHARE,
        "higher",
        "Mean fraction of a caption's siblings, the other captions of its image, among its ten "
        "nearest posterior means; compare with the same baselines.",
        "retrieval_measures:r10",
    ),
    "caption_retrieval_p1_sampled": Metric(
        "Caption retrieval P@1, sampled",
        _SHARE,
        "higher",
        "The same with a posterior sample of the caption as the query, mean of ten draws: this "
        "measures what z transmits, whereas means can differ by less than the posterior noise.",
        "retrieval_measures:p1_sampled",
    ),
    "caption_retrieval_r10_sampled": Metric(
        "Caption retrieval R@10, sampled",
        _SHARE,
        "higher",
        "The same with a posterior sample of the caption as the query, mean of ten draws.",
        "retrieval_measures:r10_sampled",
    ),
    "novelty": Metric(
        "Novelty",
        _SHARE,
        "reference",
        "Sampled sentences that do not occur word for word in the training text; compare with "
        "the same fraction of held-out sentences.",
        "measures:novelty",
    ),
    "nearest_training": Metric(
        "Distance to the training text",
        "edits per word",
        "reference",
        "Mean edit distance of sampled sentences to the nearest training sentence among 20 "
        "candidates by TF-IDF; compare with that of held-out sentences.",
        "measures:nearest_training",
    ),
    "self_bleu": Metric(
        "Self-BLEU",
        "BLEU-4, 0 to 100",
        "reference",
        "BLEU of each sampled sentence against all others; compare with that of held-out "
        "sentences. If it is higher, the model repeats itself.",
        "measures:self_bleu",
        "Zhu et al. (2018), arXiv:1802.01886",
    ),
    "distinct_1": Metric(
        "Distinct words",
        _SHARE,
        "reference",
        "Distinct words divided by all words of sampled sentences; compare with held-out "
        "sentences.",
        "measures:distinct_1",
        "Li et al. (2016), arXiv:1510.03055",
    ),
    "distinct_2": Metric(
        "Distinct pairs",
        _SHARE,
        "reference",
        "Distinct word pairs divided by all word pairs of sampled sentences; compare with "
        "held-out sentences.",
        "measures:distinct_2",
        "Li et al. (2016), arXiv:1510.03055",
    ),
    "forward_perplexity": Metric(
        "Forward perplexity",
        "per word",
        "reference",
        "Perplexity of sampled sentences under a language model of real text; compare with that "
        "of held-out ones.",
        "measures:forward_perplexity",
        "Zhao et al. (2018), arXiv:1706.04223",
    ),
    "reverse_perplexity": Metric(
        "Reverse perplexity",
        "per word",
        "lower",
        "Perplexity of real text under a language model trained on sampled sentences; compare "
        "with that of one trained on the same number of real ones.",
        "measures:reverse_perplexity",
        "Zhao et al. (2018), arXiv:1706.04223",
        reference="real text",
    ),
    **PATH_METRICS,
    **DOCUMENT_METRICS,
    "label_information": Metric(
        "Label in z",
        "nats",
        "neither",
        "A lower bound on I(z; label): the entropy of the labels minus the cross-entropy of a "
        "logistic regression that predicts them from z, on the half of the data it was not "
        "fitted to. In a conditional model this is leakage.",
        "measures:label_information",
    ),
    "label_switch_accuracy": Metric(
        "Label switched",
        _SHARE,
        "higher",
        "Sentences decoded from their posterior mean with another label that a separate "
        "classifier (logistic regression on words and word pairs) assigns to that label.",
        "measures:label_switch_accuracy",
        "Hu et al. (2017), arXiv:1703.00955",
    ),
    "label_switch_bleu": Metric(
        "Label switched: kept",
        "BLEU-4, 0 to 100",
        "higher",
        "BLEU of those sentences against the originals.",
        "measures:label_switch_bleu",
    ),
    "label_arithmetic_accuracy": Metric(
        "Label by arithmetic",
        _SHARE,
        "higher",
        "The same, with z moved by the difference between the label means instead.",
        "measures:label_arithmetic_accuracy",
        "Shen et al. (2020), arXiv:1905.12777",
    ),
    "label_arithmetic_bleu": Metric(
        "Label by arithmetic: kept",
        "BLEU-4, 0 to 100",
        "higher",
        "BLEU of those sentences against the originals.",
        "measures:label_arithmetic_bleu",
    ),
}
"""In the order they are measured and shown."""


def written(value: Any) -> str:
    """A value as it is printed, on the command line and on the page.

    Three decimals below 10, one from 10 on.
    """
    if not isinstance(value, float):
        return str(value)
    text = f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"
    return "0.000" if text == "-0.000" else text
