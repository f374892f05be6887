"""What drives a metric: the param that does is found, the doubt is said, and the same runs give the same picture."""

from __future__ import annotations

import numpy as np
import pytest

from trackbook.figures.axes import Axis, metric_axis, param_axis
from trackbook.figures.drivers import LEAST_RUNS, DriversData, drivers_data


def axes(runs: int, noise: float = 0.0) -> tuple[list[Axis], Axis]:
    random = np.random.default_rng(1)
    rates = random.choice([0.001, 0.01, 0.1], runs)
    words = random.choice(["adam", "sgd"], runs)
    params = [param_axis("lr", [str(rate) for rate in rates]), param_axis("solver", list(words))]
    params += [param_axis("same", ["1"] * runs), param_axis("seed", [str(place % 5) for place in range(runs)])]
    loss = 1 + np.log10(rates) ** 2 + 0.3 * (words == "sgd") + noise * random.normal(size=runs)
    return params, metric_axis("loss", loss, None, "min")


def drivers(runs: int, noise: float = 0.0) -> DriversData:
    params, target = axes(runs, noise)
    return drivers_data(params, target, [True] * runs)


def test_param_that_drives_comes_first_and_one_that_never_varies_is_left_out() -> None:
    found = drivers(80)
    assert found.names[:2] == ("lr", "solver")
    assert "same" not in found.names
    assert found.means[0] > found.means[1] > found.means[2]
    assert found.explained is not None
    assert found.explained > 0.9
    assert found.note == ""
    assert found == drivers(80), "seeds are fixed"


def test_doubt_is_said() -> None:
    found = drivers(30, noise=3.0)
    assert found.explained is not None
    assert found.explained < 0.6
    assert "Read with care" in found.note or "explains nothing" in found.note
    assert "More runs" in found.note


def test_unfinished_runs_do_not_count_and_too_few_are_said() -> None:
    params, target = axes(40)
    found = drivers_data(params, target, [place < LEAST_RUNS - 1 for place in range(40)])
    assert found.names == ()
    assert (
        found.note
        == f"{LEAST_RUNS - 1} finished runs have loss; from {LEAST_RUNS} on a forest can tell which params drive it."
    )


def test_nothing_varies() -> None:
    params, target = axes(20)
    assert "No param differs" in drivers_data(params[2:3], target, [True] * 20).note
    constant = metric_axis("loss", np.ones(20))
    assert "is the same in all 20" in drivers_data(params, constant, [True] * 20).note


def test_many_runs_are_sampled_and_nan_is_left_out() -> None:
    params, target = axes(700)
    values = np.array(target.values)
    values[:50] = np.nan
    found = drivers_data(params, target._replace(values=values), [True] * 700)
    assert found.runs == 500
    assert "Of 650 finished runs a sample of 500" in found.note


def test_without_scikit_learn_a_sentence_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from trackbook.errors import MissingDependency

    monkeypatch.setattr("trackbook.libraries.is_installed", lambda name: False)
    params, target = axes(20)
    with pytest.raises(MissingDependency, match='scikit-learn, which is not installed: pip install "trackbook'):
        drivers_data(params, target, [True] * 20)
