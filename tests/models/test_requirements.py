"""What a model needs, found in this process and overridden by its user."""

from __future__ import annotations

import importlib.metadata
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from trackbook.errors import InvalidParameter
from trackbook.models.model import read_yaml
from trackbook.models.requirements import environment, infer_requirements, modules_of, pinned, write_environment


def version(name: str) -> str:
    return importlib.metadata.version(name)


def test_pin_names_the_distribution_whatever_the_module_is_called() -> None:
    assert pinned("sklearn.linear_model") == f"scikit-learn=={version('scikit-learn')}"
    assert pinned("yaml") == f"PyYAML=={version('PyYAML')}"
    assert pinned("numpy") == f"numpy=={version('numpy')}"
    assert pinned("dateutil.parser") == f"python-dateutil=={version('python-dateutil')}"
    assert pinned("no_such_module") is None


def test_standard_library_and_trackbook_need_no_pin() -> None:
    assert infer_requirements(["json", "os.path", "trackbook.models", "__main__", "numpy", ""]) == [
        f"numpy=={version('numpy')}"
    ]


def test_modules_of_an_estimator_are_found() -> None:
    found = modules_of(LinearRegression().fit(np.eye(3), np.ones(3)))
    assert any(name.startswith("sklearn.") for name in found)
    assert any(name.partition(".")[0] == "numpy" for name in found)


def own_module(source: str) -> Any:
    """A module of the user's, as a script beside the notebook is."""
    module = types.ModuleType("own_scaling")
    module.__file__ = "own_scaling.py"
    sys.modules["own_scaling"] = module
    exec(source, vars(module))  # a module is what is tested here
    return module


def test_what_the_users_own_code_imports_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = own_module(
        "import pandas as pd\n"
        "class Model:\n    def predict(self, x):\n        import yaml\n        return pd.DataFrame(x)\n"
    )
    try:
        found = infer_requirements(modules_of(module.Model()))
    finally:
        del sys.modules["own_scaling"]
    assert found == sorted([f"pandas=={version('pandas')}", f"PyYAML=={version('PyYAML')}"], key=str.lower)


def test_object_that_no_pickler_walks_counts_by_its_class() -> None:
    assert "_thread" in modules_of(__import__("threading").Lock())


def test_given_requirements_replace_what_is_found(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("numpy>=1.23  # why\n\n# comment\n-r more.txt\n-c limits.txt\n")
    (tmp_path / "more.txt").write_text("scipy\n")
    (tmp_path / "limits.txt").write_text("scipy<2\n")
    needed = environment(["sklearn"], str(file))
    assert needed.requirements == ["mlflow>=3", "numpy>=1.23", "scipy", "-c constraints.txt"]
    assert needed.constraints == ["scipy<2"]
    write_environment(tmp_path, needed)
    assert (tmp_path / "constraints.txt").read_text() == "scipy<2"
    conda = read_yaml((tmp_path / "conda.yaml").read_bytes(), "conda.yaml")
    assert conda["dependencies"][-1] == {"pip": needed.requirements}
    python = read_yaml((tmp_path / "python_env.yaml").read_bytes(), "python_env.yaml")
    assert python["dependencies"] == ["-r requirements.txt"]


def test_extra_requirements_come_beside_and_win() -> None:
    needed = environment(["numpy"], extra_pip_requirements=["NumPy>=2", "mlflow==2.9.0"])
    assert needed.requirements == ["NumPy>=2", "mlflow==2.9.0"]


def test_conda_environment_is_kept_and_its_pip_lines_are_requirements(tmp_path: Path) -> None:
    conda = {"name": "mine", "dependencies": ["python=3.11", {"pip": ["numpy==2.0"]}]}
    needed = environment(["sklearn"], conda_env=conda)
    assert (needed.requirements, needed.conda) == (["numpy==2.0"], conda)


@pytest.mark.parametrize(
    "words",
    [
        {"pip_requirements": ["numpy"], "conda_env": {}},
        {"pip_requirements": ["numpy"], "extra_pip_requirements": ["numpy"]},
        {"pip_requirements": [1]},
        {"pip_requirements": 1},
        {"pip_requirements": "no-such-file.txt"},
        {"pip_requirements": ["numpy\nscipy"]},
        {"conda_env": "no-such-file.yaml"},
        {"conda_env": {"dependencies": "numpy"}},
    ],
    ids=str,
)
def test_wrong_requirements_are_typed_errors(words: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter):
        environment(["numpy"], **words)
