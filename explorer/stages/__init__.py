"""From a recipe to a finished run: train, evaluate, map, as stages that resume."""

from explorer.stages.fitting import device, train
from explorer.stages.mapping import make_atlas, make_playback
from explorer.stages.measuring import evaluate
from explorer.stages.refitting import fit_prior

__all__ = ["device", "evaluate", "fit_prior", "make_atlas", "make_playback", "train"]
