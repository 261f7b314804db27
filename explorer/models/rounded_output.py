"""An output layer in bfloat16, where the processor multiplies it faster: exact choices and sums.

All words are scored in bfloat16. What has to be exact, the score of a few words, is computed in
float32.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

GROUP = 8
"""Words per group: groups are searched first, then the words within the best ones."""
_MAX_GROUPS = 32
"""Groups per row, on average, up to which their words are scored one by one."""
_COLUMNS = 32
"""Products slow down by a half where the common size is no multiple of this."""
_ROUNDING = 2.0**-8
"""Largest relative error of a number rounded to bfloat16."""
_SLACK = 1.1
"""The bound's own arithmetic is float32, and products add up in float32."""
_BLOCK_ROWS, _BLOCK_WORDS = 1024, 2048
"""A block of scores that fits a processor's cache."""
_SAFE_SUMS = 1e-20, 1e30
"""Sums of exponentials in this range have lost nothing to overflow or underflow."""


class RoundedOutput:
    """Scores of all words in bfloat16, of single words in float32.

    The bias is two more columns of the weights: what rounding leaves of it, and the rest.

    Args:
        weight: One row per word.
        bias: Of the words; -inf rules a word out.
    """

    def __init__(
        self, weight: Float[Tensor, "words width"], bias: Float[Tensor, " words"]
    ) -> None:
        words, width = weight.shape
        columns = -(-(width + 2) // _COLUMNS) * _COLUMNS
        filled = -(-words // GROUP) * GROUP
        self.weight, self.bias = weight, bias
        # Of a row whose scores are no numbers, as an argmax of float32 scores.
        self._first = (bias > -torch.inf).to(torch.uint8).argmax()
        self.factors = weight.new_zeros(filled, columns, dtype=torch.bfloat16)
        self.factors[:words, :width] = weight
        self.factors[:words, width] = bias
        self.factors[words:, width] = -torch.inf
        rest = (bias - self.factors[:words, width]).nan_to_num(0.0)
        self.factors[:words, width + 1] = rest
        rounded = self.factors[:words, :width].float()
        self._longest = rounded.norm(dim=1).max()
        self._lost = (weight - rounded).norm(dim=1).max()
        self._lost_bias = (rest - self.factors[:words, width + 1]).abs().max()

    def inputs(self, features: Float[Tensor, "batch width"]) -> Float[Tensor, "batch columns"]:
        """What the transposed `factors` are multiplied by."""
        count, width = features.shape
        narrow = features.bfloat16()
        ones = pad(narrow.new_ones(count, 2), (0, self.factors.shape[1] - width - 2))
        return torch.cat([narrow, ones], 1)

    def exact(
        self, features: Float[Tensor, "pairs width"], words: Int[Tensor, " pairs"]
    ) -> Float[Tensor, " pairs"]:
        """The float32 score of one word for each row."""
        return (features * self.weight[words]).sum(1) + self.bias[words]

    def highest(
        self, features: Float[Tensor, "batch width"], scores: Float[Tensor, "rows filled"]
    ) -> Int[Tensor, " batch"]:
        """The word with the highest score of each row: that of float32, up to its own rounding.

        Args:
            features: Input of the layer.
            scores: A buffer in bfloat16, one row per word, for as many rows or more.
        """
        narrow = self.inputs(features)
        scores = torch.mm(narrow, self.factors.T, out=scores[: len(features)])
        # Groups are columns here, so that the maxima of all are one pass over rows.
        groups = scores.unflatten(1, (GROUP, -1))
        peaks = groups.amax(1)
        floor = self._floor(features, narrow, peaks.amax(1, keepdim=True))
        row, group = (peaks >= floor).nonzero(as_tuple=True)
        if len(row) > _MAX_GROUPS * len(features):  # one long vector can widen the bound that far
            return (features @ self.weight.T + self.bias).argmax(1)
        pair, within = (groups[row, :, group] >= floor[row]).nonzero(as_tuple=True)
        row, word = row[pair], within * peaks.shape[1] + group[pair]
        exact = self.exact(features[row], word)
        best = exact.new_full((len(features),), -torch.inf).scatter_reduce(0, row, exact, "amax")
        wins = exact >= best[row]
        none = len(self.bias)
        first = row.new_full((len(features),), none)
        first = first.scatter_reduce(0, row[wins], word[wins], "amin")
        return first.where(first < none, self._first)

    def _floor(
        self,
        features: Float[Tensor, "batch width"],
        narrow: Float[Tensor, "batch columns"],
        top: Float[Tensor, "batch 1"],
    ) -> Float[Tensor, "batch 1"]:
        """A word that scores less in bfloat16 scores less than that of `top` in float32.

        Rounding the factors changes a score by no more than Cauchy and Schwarz allow, up or down;
        rounding the scores changes that of `top`, and orders the others as before.
        """
        wide, top = narrow[:, : features.shape[1]].float(), top.float()
        lost = (features - wide).norm(dim=1, keepdim=True)
        length = wide.norm(dim=1, keepdim=True)
        error = _SLACK * (lost * (self._longest + self._lost) + length * self._lost)
        return (top - top.abs() * _ROUNDING - 2 * (error + self._lost_bias)).bfloat16()

    def log_prob(
        self, features: Float[Tensor, "batch width"], targets: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        """Log-probability of each target, nats: its float32 score, less the logarithm of a sum.

        The sum is of exponentials of scores in bfloat16, whose errors mostly cancel, but for the
        target's own, which is often most of the sum.
        """
        parts = zip(features.split(_BLOCK_ROWS), targets.split(_BLOCK_ROWS), strict=True)
        return torch.cat([self._log_prob(part, words) for part, words in parts])

    def _log_prob(
        self, features: Float[Tensor, "batch width"], targets: Int[Tensor, " batch"]
    ) -> Float[Tensor, " batch"]:
        narrow, rows, start = self.inputs(features), len(features), 0
        exact = self.exact(features, targets)
        total = exact.exp()
        size = min(_BLOCK_WORDS, len(self.factors))
        scores, wide = narrow.new_empty(rows * size), features.new_empty(rows * size)
        for factors in self.factors.split(size):
            count = rows * len(factors)
            torch.mm(narrow, factors.T, out=scores[:count].view(rows, -1))
            part = wide[:count].copy_(scores[:count]).view(rows, -1).exp_()
            inside = ((targets >= start) & (targets < start + len(factors))).nonzero().squeeze(1)
            part[inside, targets[inside] - start] = 0.0
            total += part.sum(1)
            start += len(factors)
        low, high = total.aminmax()
        if low > _SAFE_SUMS[0] and high < _SAFE_SUMS[1]:
            return exact - total.log()
        return exact - (features @ self.weight.T + self.bias).logsumexp(1)
