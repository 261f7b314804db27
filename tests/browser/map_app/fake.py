"""A run with points on whole numbers, so that a test knows where each one is."""

from types import SimpleNamespace

import numpy as np

COLUMNS, ROWS = 12, 6
COUNT = COLUMNS * ROWS
SCRIPT = "<script>window.hacked = 1</script> <b>bold</b> $x^2$ [a](b) =1+1"


class FakeAtlas:
    label = None
    split = ("train", "valid", "test") * (COUNT // 3)
    tokens = np.arange(COUNT, dtype=np.int16)
    distortion = np.linspace(9, 1, COUNT, dtype=np.float32)
    rate = np.linspace(1, 9, COUNT, dtype=np.float32)
    xy = np.array([(i % COLUMNS, i // COLUMNS) for i in range(COUNT)], np.float32)
    cluster = np.arange(COUNT, dtype=np.int32) % 2
    reconstruction = tuple(f"reconstruction {i}" for i in range(COUNT))
    levels = ([SimpleNamespace(id=i, name=f"region {i}", x=2 + 5 * i, y=2) for i in (0, 1)],)

    def regions(self, level):
        return self.cluster


class FakeRun:
    stamp, name, folder, texts_are_real = "test-1", "test", "test", True
    is_of_documents = False
    atlas = needed_atlas = FakeAtlas()
    config = SimpleNamespace(corpus=SimpleNamespace(name="test"))
    texts = (SCRIPT, *(f"sentence {i}" for i in range(1, COUNT)))


class IslandAtlas(FakeAtlas):
    xy = FakeAtlas.xy.copy()
    xy[-1] = (6, 20)  # far above the others


class IslandRun(FakeRun):
    stamp, name, folder = "test-2", "island", "island"
    atlas = needed_atlas = IslandAtlas()


run, island = FakeRun(), IslandRun()
