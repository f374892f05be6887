"""Every notebook runs from top to bottom, and shows what it showed when it was saved."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
#: What differs from run to run: ids, times, folders.
SANITIZE = """
[ids]
regex: [0-9a-f]{32}
replace: RUN

[times]
regex: \\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?( UTC|Z)?
replace: TIME

[folders]
regex: /[\\w./-]*/(?=trackbook)
replace: FOLDER/
"""


@pytest.mark.kernel
@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_from_top_to_bottom(notebook: Path, tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    copy = shutil.copy(notebook, folder)
    rules = folder / "sanitize.cfg"
    rules.write_text(SANITIZE, encoding="utf-8")
    options = [
        "--nbval",
        "--nbval-sanitize-with",
        str(rules),
        "--nbval-cell-timeout=120",
        "-p",
        "no:cacheprovider",
        "-q",
    ]
    command = [sys.executable, "-P", "-m", "pytest", *options, "--rootdir", str(folder), str(copy)]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=280)
    assert ended.returncode == 0, ended.stdout[-4_000:] + ended.stderr[-2_000:]
