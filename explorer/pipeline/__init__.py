"""From a recipe to a finished run: train, evaluate, map, as stages that resume."""

from explorer.pipeline.draw_map import make_atlas, make_playback
from explorer.pipeline.evaluate import evaluate
from explorer.pipeline.refit_prior import fit_prior
from explorer.pipeline.train import train
from explorer.system.devices import device

__all__ = ["device", "evaluate", "fit_prior", "make_atlas", "make_playback", "train"]
