"""What a metric is: its definition, unit and better direction, and what measures it."""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from explorer.evaluation.context import EvaluationContext

Better = Literal["higher", "lower", "reference", "neither"]
"""Which value is better; `reference`: the closer to real text, the better."""

MetricResult = dict[str, Any]
"""An entry of `metrics.json`: `value`, `n` sentences, `samples` per sentence, for a mean over
sentences its standard `error`, and further details; without a value `reason` and `reason_code`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of a model on held-out sentences."""

    title: str
    unit: str
    better: Better
    sentence: str
    """Its definition."""
    measure: str
    """The function that measures it, as `module:name` within `explorer.evaluation`: imported when
    used, since it needs torch."""
    source: str = ""
    reference: str = "held-out"
    """What its `reference` is measured on, if the metric has one."""

    def compute(self, context: "EvaluationContext") -> MetricResult:
        """Measures it.

        Raises:
            NotApplicable: If the model or the data do not have this metric.
        """
        return pkgutil.resolve_name(f"explorer.evaluation.{self.measure}")(context)


_SENTENCE, _DOCUMENT = "sentence", "document"


def of_documents(text: str) -> str:
    """A text about sentences, made one about documents."""
    return text.replace(_SENTENCE, _DOCUMENT)


def worded(text: str, metrics: Mapping[str, Any]) -> str:
    """A text about the sentences of an evaluation; about documents where its units say so."""
    unit = of_documents("nats per sentence")
    entries = (entry for entry in metrics.values() if isinstance(entry, Mapping))
    return of_documents(text) if any(entry.get("unit") == unit for entry in entries) else text
