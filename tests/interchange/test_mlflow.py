"""Folders of ours load with the real MLflow, and MLflow's with ours; both predict what the library itself does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.heavy

SAMPLES = Path(__file__).with_name("samples.py")
#: One process a side for each group: frameworks take seconds to import.
GROUPS = [
    ("sklearn", "pyfunc"),
    ("xgboost", "lightgbm", "statsmodels"),
    ("pytorch",),
    ("catboost", "onnx"),
    ("keras", "tensorflow"),
]


@pytest.fixture(params=GROUPS, ids="-".join)
def names(request: pytest.FixtureRequest) -> tuple[str, ...]:
    group: tuple[str, ...] = request.param
    return group


def side(name: str, action: str, folder: Path, names: tuple[str, ...]) -> None:
    """A process of one side; that of MLflow cannot import Trackbook."""
    work = folder / f"{name}-{action}"
    work.mkdir(parents=True)
    settings = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{work}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "TRACKBOOK_CONFIG_DIR": str(work / "config"),
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    command = [sys.executable, str(SAMPLES), name, action, str(folder), *names]
    done = subprocess.run(
        command, cwd=work, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr[-1500:]


def compare(folder: Path) -> list[str]:
    """The models that were carried over, each of which predicts what its library did before."""
    carried = []
    for expected in sorted(folder.glob("*.expected.npy")):
        name = expected.name.removesuffix(".expected.npy")
        for kind in ("native", "generic"):
            found, wanted = np.load(folder / f"{name}.{kind}.npy"), np.load(expected)
            np.testing.assert_allclose(found.ravel(), wanted.ravel(), rtol=1e-5, atol=1e-6, err_msg=f"{name} {kind}")
        carried.append(name)
    return carried


@pytest.mark.parametrize(("writer", "reader"), [("trackbook", "mlflow"), ("mlflow", "trackbook")])
def test_folder_of_one_is_loaded_by_the_other(writer: str, reader: str, names: tuple[str, ...], tmp_path: Path) -> None:
    side(writer, "write", tmp_path, names)
    side(reader, "read", tmp_path, names)
    carried = compare(tmp_path)
    assert {name.partition("-")[0] for name in carried} == set(names)
