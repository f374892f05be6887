"""What a user of MLflow finds when she writes `import trackbook as mlflow`."""

from __future__ import annotations

import ast
import csv
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import trackbook
from trackbook.entities import Run
from trackbook.errors import TrackbookError

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


OFFERED = rows("mlflow_api.tsv")
LATER = rows("mlflow_later.tsv")
WHERE: dict[str, Any] = {"trackbook": trackbook, "artifacts": trackbook.artifacts, "client": trackbook.Client}
WHERE |= {"data": trackbook.data, "models": trackbook.models, "pyfunc": trackbook.pyfunc}
#: What a call takes beyond MLflow's, and MLflow's own doors that it does not have.
OURS = {"evaluate": {"thresholds", "baseline"}, "load_model": {"trust"}}
INSIDE = {"evaluate": {"_called_from_genai_evaluate"}}


def parameters(function: Any) -> list[tuple[str, Any]]:
    """Names and defaults, without self."""
    found = list(inspect.signature(function).parameters.values())
    return [(p.name, p.default) for p in found if p.name != "self"]


def told(signature: str) -> list[tuple[str, Any]]:
    """The same of a signature as text, such as ``(key, step=None)``."""
    function = ast.parse(f"def f{signature}: ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    given = function.args
    empty: list[ast.expr | None] = [None] * (len(given.args) - len(given.defaults))
    pairs = [*zip(given.args, [*empty, *given.defaults], strict=True)]
    pairs += zip(given.kwonlyargs, given.kw_defaults, strict=True)
    pairs += [(given.kwarg, None)] if given.kwarg else []
    return [(arg.arg, inspect.Parameter.empty if d is None else ast.literal_eval(d)) for arg, d in pairs]


@pytest.mark.parametrize("row", OFFERED, ids=lambda row: f"{row['where']}-{row['name']}")
def test_name_has_mlflows_parameters_and_defaults(row: dict[str, str]) -> None:
    place = trackbook if row["name"] == "Client" else WHERE[row["where"]]
    name = row["name"]
    found = [one for one in parameters(getattr(place, name)) if one[0] not in OURS.get(name, ())]
    assert found == [one for one in told(row["signature"]) if one[0] not in INSIDE.get(name, ())]


@pytest.mark.parametrize("row", LATER, ids=lambda row: f"{row['where']}-{row['name']}")
def test_name_that_comes_later_says_what_to_use(row: dict[str, str]) -> None:
    place = trackbook.Client("sqlite://") if row["where"] == "client" else trackbook
    with pytest.raises(AttributeError, match=f"{row['name']}'\\. [A-Z].* (later|left out)") as caught:
        getattr(place, row["name"])
    assert str(caught.value).count(". ") == 1, "one sentence"


@pytest.mark.parametrize("name", ["projects", "start_span", "trace", "autolog"])
def test_module_or_feature_that_is_not_there_says_so(name: str) -> None:
    with pytest.raises(AttributeError, match=r"later version|left out"):
        getattr(trackbook, name)


def test_misspelt_name_is_plainly_unknown() -> None:
    with pytest.raises(AttributeError, match=r"^module 'trackbook' has no attribute 'log_metrik'$"):
        trackbook.log_metrik  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(AttributeError, match=r"^'Client' object has no attribute 'get_rum'$"):
        trackbook.Client("sqlite://").get_rum  # type: ignore[attr-defined]  # noqa: B018


def test_every_public_name_is_there_sorted_and_listed() -> None:
    assert trackbook.__all__ == sorted(trackbook.__all__)
    assert {name for name in trackbook.__all__ if getattr(trackbook, name, None) is None} == set()
    assert set(trackbook.__all__) <= set(dir(trackbook))


def test_name_is_looked_up_once() -> None:
    vars(trackbook).pop("log_metric", None)
    function = trackbook.log_metric
    assert vars(trackbook)["log_metric"] is function


def test_type_checker_and_interpreter_find_a_name_in_the_same_module() -> None:
    tree = ast.parse(Path(trackbook.__file__).read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in checked.body if isinstance(node, ast.ImportFrom) and node.module != "trackbook"]
    homes = {
        alias.name: str(node.module) for node in imports for alias in node.names if "IPython" not in str(node.module)
    }
    assert homes == trackbook._HOMES
    assert {*homes, *trackbook._MODULES} == set(trackbook.__all__)
    assert all(getattr(trackbook, name) is getattr(import_module(home), name) for name, home in homes.items())


def test_mlflows_module_paths_work() -> None:
    from trackbook.artifacts import download_artifacts
    from trackbook.data import from_pandas
    from trackbook.entities import Metric, ViewType
    from trackbook.exceptions import MlflowException
    from trackbook.tracking import MlflowClient

    assert MlflowClient is trackbook.MlflowClient is trackbook.Client
    assert MlflowException is trackbook.MlflowException is TrackbookError
    assert trackbook.artifacts.download_artifacts is download_artifacts
    assert trackbook.data.from_pandas is from_pandas
    assert (trackbook.entities.Metric, ViewType.ALL) == (Metric, 3)


def test_script_written_for_mlflow_runs_unchanged(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(
        "import trackbook as mlflow\n"
        "mlflow.set_experiment('digits')\n"
        "with mlflow.start_run(run_name='first') as run:\n"
        "    mlflow.log_params({'lr': 0.1})\n"
        "    for step in range(3):\n"
        "        mlflow.log_metric('loss', 1 / (step + 1), step=step)\n"
        "print(mlflow.search_runs()['metrics.loss'].tolist(), run.info.run_name)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "[0.3333333333333333] first\n"


def test_examples_of_the_tracking_page_run(tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "tracking.md").read_text(encoding="utf-8")
    script = tmp_path / "examples.py"
    script.write_text("\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)))
    subprocess.run([sys.executable, "-W", "error", script], check=True, cwd=tmp_path)


def test_errors_are_all_caught_as_mlflows_and_made_like_them() -> None:
    with pytest.raises(trackbook.MlflowException) as caught:
        trackbook.get_run("0" * 32)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    error = trackbook.MlflowException("wrong", error_code=1000, detail=7)
    assert (str(error), error.error_code, error.json_kwargs) == ("wrong", "INVALID_PARAMETER_VALUE", {"detail": 7})


def test_active_run_is_a_run() -> None:
    with trackbook.start_run() as run:
        assert isinstance(run, trackbook.ActiveRun)
        assert isinstance(run, Run)
