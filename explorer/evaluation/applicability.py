"""Why a metric has no value."""

from enum import StrEnum, auto


class Reason(StrEnum):
    """Why a metric has no value."""

    EMPTY_SPLIT = auto()
    TOO_FEW_SENTENCES = auto()
    PARTIAL_SPLIT = auto()
    SHORT_SENTENCES = auto()
    NO_LATENT_SPACE = auto()
    NO_RATE = auto()
    NO_DENSITY = auto()
    NO_UNITS = auto()
    NO_ENCODER = auto()
    NO_GROUPS = auto()
    NO_ORDER = auto()
    NO_TRAINING_TEXT = auto()
    NO_LANGUAGE_MODEL = auto()
    NOT_REQUESTED = auto()
    SAME_ENDS = auto()
    LABELS = auto()
    NOT_CONDITIONAL = auto()
    REPLACED_WORDS = auto()
    NOT_RELEVANT = auto()


class NotApplicable(Exception):  # noqa: N818  (an outcome, not an error)
    """A metric that this model or data does not have; the message says why."""

    def __init__(self, code: Reason, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotRelevant(NotApplicable):
    """A metric that is left out of `metrics.json`, not only its value."""

    def __init__(self, message: str) -> None:
        super().__init__(Reason.NOT_RELEVANT, message)
