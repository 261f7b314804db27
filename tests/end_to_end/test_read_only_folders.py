"""Laws of folders that nobody may look into: they hide no other run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.runs import folder as folders

pytestmark = pytest.mark.slow

RECIPE = '[corpus]\nname = "captions"\n'
FIND = "import sys; from explorer.runs.folder import find; print(find(sys.argv[1]))"
ROOT = Path(__file__).parents[2]


def as_anybody() -> list[str]:
    """Starts a command for whom rights count, as they do not for root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("no rights of that kind on this system")
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root reads everything, and there is no setpriv")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def typed(place: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "EXPLORER_HOME": str(place / "home"),
        "EXPLORER_RUNS": str(place / "more"),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [*as_anybody(), sys.executable, *command],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("closed", ["more", "more/theirs", "more/theirs/config.toml"])
def test_what_may_not_be_read_hides_no_other_run(closed: str, tmp_path: Path) -> None:
    for run in ("checkpoints/mine", "more/theirs"):
        (tmp_path / run).mkdir(parents=True)
        (tmp_path / run / folders.CONFIG).write_text(RECIPE, encoding="utf-8")
    mode = (tmp_path / closed).stat().st_mode
    (tmp_path / closed).chmod(0)
    try:
        listed = typed(tmp_path, "-m", "explorer", "runs", "--json")
        found = typed(tmp_path, "-c", FIND, "mine")
        lost = typed(tmp_path, "-c", FIND, "more/theirs")
    finally:
        (tmp_path / closed).chmod(mode)
    assert listed.returncode == 0, listed.stderr
    shipped = str(ROOT / "checkpoints")
    rows = [row for row in json.loads(listed.stdout) if not row["where"].startswith(shipped)]
    errors = {row["name"]: row["error"] for row in rows}
    assert errors["mine"] is None and found.stdout == "checkpoints/mine\n"
    if closed.endswith(folders.CONFIG):
        assert "Permission denied" in errors["theirs"]
    else:
        assert errors.keys() == {"mine"}
        assert "ExplorerError" in lost.stderr and "PermissionError" not in lost.stderr
