"""From a stored text with vectors to a run whose latent space they are."""

from explorer.runs import folder as folders
from explorer.workspace import texts


def steps(name: str, has_labels: bool, encoder: str = "") -> list[list[str]]:
    """The commands that make and train the run, one after the other.

    Args:
        name: Of the stored text, and so of the run.
        has_labels: Whether it has labels.
        encoder: That the vectors were made with; empty for one at hand that makes the same.
    """
    target = (folders.users() / name).as_posix()
    new = ["new", target, "--corpus", texts.path_of(name).as_posix()]
    new += ["--text-column", texts.TEXT, "--vector-column", texts.VECTOR]
    new += ["--label-column", texts.LABEL if has_labels else ""]
    new += ["--encoder", encoder] if encoder else []
    return [new, ["train", target]]
