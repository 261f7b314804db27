"""Metrics of latent spaces that are made of codes."""

import torch

from explorer.evaluation.applicability import NotApplicable, NotRelevant, Reason
from explorer.evaluation.context import EvaluationContext
from explorer.evaluation.metric_definition import MetricResult
from explorer.evaluation.metric_results import mean_result, result
from explorer.models.random_streams import generator, others

_SWAPPED = 1000
"""Sentences of which a code is swapped."""


def codes_used(context: EvaluationContext) -> MetricResult:
    categories, size = _categories(context)
    counts = torch.stack([torch.bincount(code, minlength=size) for code in categories.T])
    fraction = counts / counts.sum(1, keepdim=True)
    entropy = -(fraction * fraction.clamp(min=1e-12).log()).sum(1)
    used = (counts > 0).double().mean().item()
    return result(used, context.n, of=counts.numel(), perplexity=entropy.exp().mean().item())


def code_swap_changes(context: EvaluationContext) -> MetricResult:
    categories, _ = _categories(context)
    context.need_two()
    source = generator(context.seed, "code swap")
    other = categories[others(len(categories), source)]
    # The code is drawn among those in which the two sentences differ.
    chance = (other != categories).double()
    rows = torch.nonzero(chance.any(1))[:, 0][:_SWAPPED]
    if not len(rows):
        raise NotApplicable(Reason.SAME_ENDS, "all sentences have the same codes")
    code = torch.multinomial(chance[rows], 1, generator=source)
    swapped = categories[rows].scatter(1, code, other[rows].gather(1, code))
    latent = context.model.latent
    labels = [context.codes[row] for row in rows.tolist()] if context.codes else []
    before, after = (
        context.decode(latent.of_categories(own.to(context.model.device)), labels=labels)
        for own in (categories[rows], swapped)
    )
    changed = [float(first != second) for first, second in zip(before, after, strict=True)]
    groups = context.held_out.groups and [context.held_out.groups[row] for row in rows.tolist()]
    return mean_result(torch.tensor(changed), groups)


def _categories(context: EvaluationContext) -> tuple[torch.Tensor, int]:
    """The categories of the sentences (n, codes), and how many there are of each code."""
    latent = context.model.latent
    if not latent.num_categories:
        raise NotRelevant("the latent space is not discrete")
    return latent.categories(context.posterior.mean).cpu(), latent.num_categories
