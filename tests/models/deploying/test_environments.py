"""Environments for models: what is asked of pip, made once, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import threading
import zipfile
from pathlib import Path

import pytest

import trackbook
from trackbook.errors import InvalidParameter, InvalidState, NotSupported, UntrustedModel
from trackbook.models import trust
from trackbook.models.batch.prediction import predict
from trackbook.models.deploying.environments import cache_folder, command_in, prepare_environment
from trackbook.models.deploying.needs import Needs, needs_of
from trackbook.models.deploying.own_wheel import build_wheel
from trackbook.models.fetching import fetched

CODE = """
from trackbook.models.model_code import set_model

def predict(model_input):
    import sys
    return [sys.prefix] * len(model_input)

set_model(predict)
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "code.py").write_text(CODE)
    path = str(tmp_path / "model")
    trackbook.pyfunc.save_model(path, python_model=str(tmp_path / "code.py"), pip_requirements=[])
    return path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pip asks no index; what Trackbook needs is found where it is now."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_DEPS", "1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def lend_libraries(python: Path) -> None:
    """Let an environment see the libraries of this one, after its own."""
    (site,) = python.parents[1].glob("lib/python*/site-packages")
    here = [path for path in sys.path if path.endswith("site-packages")] or [sysconfig.get_path("purelib")]
    (site / "lent.pth").write_text("\n".join(here))


def with_lines(model: str, *lines: str) -> str:
    Path(model, "requirements.txt").write_text("\n".join(lines))
    return model


def test_lines_of_mlflow_and_trackbook_are_ours_to_write(model: str) -> None:
    given = ["mlflow==3.17.2", "mlflow", "mlflow[extras]>=2", "MLflow-skinny~=3.0", "trackbook==0.1", "# note", "",
             "numpy==2.4.6  # with a note", "mlflow_extras==1", "-c constraints.txt", "trackbookish"]  # fmt: skip
    with fetched(with_lines(model, *given)) as copy:
        assert list(needs_of(copy).requirements) == ["numpy==2.4.6", "mlflow_extras==1", "trackbookish"]
        assert list(needs_of(copy, ["mlflow", "scipy"]).requirements) == ["scipy"]


@pytest.mark.parametrize(
    "line",
    ["--index-url http://evil.example", "evil @ http://evil.example/e.whl", "-e git+https://evil.example/x", "../evil",
     "./e.whl", "-r /etc/passwd", "http://evil.example/e.whl"],
)  # fmt: skip
def test_only_a_trusted_model_may_ask_for_more_than_packages_of_the_index(line: str, model: str) -> None:
    assert Needs([line]).unusual == [line]
    with fetched(with_lines(model, line)) as copy, pytest.raises(UntrustedModel, match="asks pip for"):
        needs_of(copy)
    with fetched(model) as copy:
        trust.remember(copy.digest, "test")
        assert list(needs_of(copy).requirements) == [line]


def test_usual_lines_need_no_trust() -> None:
    lines = ["numpy", "numpy==2.0", "a[b,c]>=1,<2", "a>=1; python_version < '3.12'", "scikit-learn~=1.3"]
    assert Needs(lines).unusual == []


def test_wheel_is_what_is_installed_and_always_the_same(tmp_path: Path) -> None:
    first, second = build_wheel(tmp_path), build_wheel(tmp_path / "..")
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as wheel:
        names = wheel.namelist()
        assert wheel.testzip() is None
    second.unlink()
    assert "trackbook/py.typed" in names
    assert not [name for name in names if ".." in name or name.endswith(".pyc")]


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_environment_is_made_once_and_scores(model: str, capfd: pytest.CaptureFixture[str]) -> None:
    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(prepare_environment(model))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (python,) = set(found)
    assert python.is_relative_to(cache_folder())
    lend_libraries(python)
    said = subprocess.run(command_in(python, "--version"), capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"trackbook {trackbook.__version__}"
    Path("in.json").write_text(json.dumps({"dataframe_split": {"columns": ["x"], "data": [[1]]}}))
    predict(model, input_path="in.json", output_path="out.json", env_manager="virtualenv")
    assert json.loads(Path("out.json").read_text()) == {"predictions": [str(python.parents[1])]}


@pytest.mark.slow
@pytest.mark.usefixtures("offline")
def test_what_cannot_be_installed_is_told_and_leaves_nothing(model: str) -> None:
    with pytest.raises(InvalidState, match="no-such-package-at-all"):
        prepare_environment(with_lines(model, "no-such-package-at-all==1"))
    assert [path for path in cache_folder().iterdir() if path.is_dir()] == []


def test_other_managers_are_refused(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotSupported, match="virtualenv or uv"):
        prepare_environment(model, "conda")
    with pytest.raises(InvalidParameter, match="'poetry'"):
        prepare_environment(model, "poetry")
    assert prepare_environment(model, "local") == Path(sys.executable)
    with pytest.raises(InvalidParameter, match="go with env_manager"):
        predict(model, "x", extra_envs={"A": "1"})
