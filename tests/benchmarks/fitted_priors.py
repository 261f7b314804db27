"""Priors fitted on one run: `python -m tests.benchmarks.fitted_priors captions-faithful`.

Prints, for the prior of the run, one Gaussian with full covariance, and each prior that is fitted:
what it saves of the validation rate (with its 95% interval), and the perplexity that a language
model gives to sentences decoded from its samples. The best that a prior could reach is that of
samples of the posteriors, beside that of the sentences themselves. `explorer prior` writes a run
with the prior that is best.
"""

import argparse
import time
import tomllib

import torch
from jaxtyping import Float
from torch import Tensor

from explorer.cli.output import say
from explorer.evaluation import likelihood
from explorer.evaluation.context import EvaluationContext, HeldOut
from explorer.models import batch_inference
from explorer.models import dataset as training_data
from explorer.models.priors import Whitening
from explorer.models.random_streams import generator, sample
from explorer.models.vae import TextVAE
from explorer.runs import folder as folders
from explorer.runs import weights
from explorer.training import prior_fitting

PRIORS = (
    '{name = "mixture"}',
    '{name = "mixture", components = 256}',
    '{name = "flow"}',
    '{name = "flow_matching"}',
)


class Readability:
    """The perplexity that a language model gives to what a model decodes.

    Args:
        run: A run of a VAE.
        judge: A language model with its vocabulary.
        drawn: Sentences that are decoded.
    """

    def __init__(self, run: str, judge: str, drawn: int) -> None:
        self.config, vocabulary, self.model = weights.load_model(folders.find(run))
        self.data = training_data.load(self.config, vocabulary)
        self.judge = weights.load_model(folders.find(judge))[2]
        self.drawn = drawn
        rows = self.data.corpus.rows("valid")
        tokens = [self.data.tokeniser.tokens(self.data.corpus.sentences[row]) for row in rows]
        self.context = EvaluationContext(
            model=self.model,
            vocabulary=vocabulary,
            held_out=HeldOut(tokens=tokens, ids=self.data.select("valid")),
            samples=1,
            drawn=drawn,
            seed=self.config.seed,
        )

    def of(self, z: Float[Tensor, "n latent"]) -> float:
        """Per word, of sentences drawn at temperature 1."""
        return self.of_tokens(self.context.decode(z, "sample"))

    def of_tokens(self, sentences: list[list[str]]) -> float:
        """Per word."""
        ids = [self.context.vocabulary.encode(tokens) for tokens in sentences]
        nats = batch_inference.distortions(self.judge, torch.zeros(len(ids), 0), ids).sum().item()
        return likelihood.perplexity(nats, likelihood.predicted(sentences))


def gaussian(model: TextVAE, train: list[list[int]]) -> TextVAE:
    """The model with the likeliest Gaussian as prior: flow matching before its first step."""
    other = prior_fitting.with_prior(model, {"name": "flow_matching", "hidden_dim": 1, "steps": 1})
    basis = other.prior.basis
    assert isinstance(basis, Whitening)
    basis.fit(*map(torch.from_numpy, batch_inference.posteriors(model, train)))
    return other


def main() -> None:
    """Prints a row for each prior as soon as it is fitted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run")
    parser.add_argument("--language-model", default="captions-language-model")
    parser.add_argument("--prior", action="append", help="as in config.toml; may be repeated")
    parser.add_argument("--drawn", type=int, default=1000, help="sentences for a perplexity")
    args = parser.parse_args()
    reading = Readability(args.run, args.language_model, args.drawn)
    old, data, seed = reading.model, reading.data, reading.config.seed
    train, valid = data.select("train", reading.config.corpus.max_tokens), data.select("valid")

    @torch.inference_mode()
    def row(name: str, model: TextVAE, seconds: float) -> None:
        gain = prior_fitting.gain(model, old.prior, valid, seed)
        z = sample(model.prior(), 10_000, generator(seed, "prior"))
        start = time.perf_counter()
        model.prior().log_prob(z)
        cost = time.perf_counter() - start
        size = sum(weight.numel() for weight in model.prior.state_dict().values())
        say(
            f"{name}: rate {gain.after:.2f}, {gain.mean:+.3f} saved ({gain.low:.3f} to "
            f"{gain.high:.3f}); perplexity {reading.of(z[: args.drawn]):.1f}; fitted in "
            f"{seconds:.0f} s, 10,000 densities in {cost:.1f} s, {size:,} numbers"
        )

    with torch.inference_mode():
        context = reading.context
        said = [list(tokens) for tokens in context.held_out.tokens[: args.drawn]]
        say(f"perplexity of validation sentences {reading.of_tokens(said):.1f}")
        say(f"perplexity of samples of their posteriors {reading.of(context.z[: args.drawn]):.1f}")
    row("as trained", old, 0.0)
    row("one Gaussian", gaussian(old, train), 0.0)
    for text in args.prior or PRIORS:
        torch.manual_seed(seed)
        model = prior_fitting.with_prior(old, tomllib.loads(f"prior = {text}")["prior"])
        start = time.perf_counter()
        prior_fitting.fit(model, train, valid, seed)
        row(text, model, time.perf_counter() - start)


if __name__ == "__main__":
    main()
