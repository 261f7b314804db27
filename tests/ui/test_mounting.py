"""A drawing outlives reruns that overtake each other, and ends with its parent."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from explorer.map_component.bundle import FOLDER

SCRIPT = """import("./mounting.mjs").then(({ mounting }) => {
  const log = [];
  class Drawing {
    constructor() { log.push("made"); }
    update({ data }) { log.push(data); }
    destroy() { log.push("ended"); }
  }
  const mount = mounting(Drawing);
  const parentElement = { isConnected: true };
  const first = mount({ parentElement, data: 1 });
  const second = mount({ parentElement, data: 2 });
  first();
  const third = mount({ parentElement, data: 3 });
  parentElement.isConnected = false;
  third();
  second();
  parentElement.isConnected = true;
  mount({ parentElement, data: 4 });
  console.log(JSON.stringify(log));
})"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_only_the_end_of_the_parent_ends_a_drawing(tmp_path: Path) -> None:
    (tmp_path / "mounting.mjs").write_bytes((FOLDER / "mounting.js").read_bytes())
    command = ["node", "-e", SCRIPT]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert json.loads(answer.stdout) == ["made", 1, 2, 3, "ended", "made", 4]
