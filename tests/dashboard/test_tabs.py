"""The panels of the tabs: made when they are opened, kept while they can show what is asked, put back as they stood."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from trackbook.dashboard import Dashboard
from trackbook.dashboard.tabs import PANELS
from trackbook.entities import Metric, Param
from trackbook.stores.base import NewRun, Store
from trackbook.widgets.permission import Permission

TAB_OF = {"curves": "curves", "comparison": "compare", "artifacts": "artifacts", "registry": "models"}
#: Opens a page with a run and says which heavy libraries that has imported.
LIGHT = """
import sys
from trackbook.dashboard import Dashboard
heavy = lambda: sorted({name.partition(".")[0] for name in sys.modules} & {"scipy", "sklearn", "pandas", "plotly"})
page = Dashboard(sys.argv[1])
print(*heavy())
page.close()
"""


@pytest.fixture
def runs(file_store: Store) -> list[str]:
    found = []
    for experiment in ("digits", "forests"):
        number = file_store.create_experiment(experiment)
        for place in range(3):
            run_id = file_store.create_run(NewRun(number, f"{experiment}-{place}", start_time=place)).info.run_id
            file_store.log_batch(run_id, [Metric("loss", 1 / (place + 1), 0, 1)], [Param("lr", str(place))])
            found.append(run_id)
    file_store.flush()
    return found


@pytest.fixture
def page(file_store: Store, runs: list[str]) -> Iterator[Dashboard]:
    digits = file_store.get_run(runs[0]).info.experiment_id
    opened = Dashboard(file_store.uri, experiment=digits, permission=Permission(True))
    yield opened
    opened.close()


def panels_of(page: Dashboard) -> dict[str, Any]:
    return {name: getattr(page, name) for name in PANELS if getattr(page, name) is not None}


def test_only_the_table_is_made_until_a_tab_is_opened(page: Dashboard) -> None:
    assert set(panels_of(page)) == {"table"}
    for name, tab in TAB_OF.items():
        page.tab = tab
        assert name in panels_of(page)
        assert page.trouble == {}
    page.part, page.tab = "statistics", "compare"
    assert set(panels_of(page)) == set(PANELS)
    assert page.trouble == {}


def test_panels_stay_while_their_runs_change_and_go_with_the_experiment(
    page: Dashboard, file_store: Store, runs: list[str]
) -> None:
    page.tab = "compare"
    before = page.comparison
    assert page.table is not None
    page.table.selected = runs[:2]
    assert page.comparison is before
    page.experiment = file_store.get_run(runs[3]).info.experiment_id
    assert page.comparison is not before
    assert page.trouble == {}
    assert page.selected == 0


def test_runs_chosen_in_the_comparison_are_selected_in_the_table(page: Dashboard, runs: list[str]) -> None:
    page.tab = "compare"
    assert page.comparison is not None
    assert page.table is not None
    page.comparison.selected = [runs[2], runs[0]]
    assert page.table.selected == [runs[2], runs[0]]
    assert page.table.slots == {runs[2]: 1, runs[0]: 2}


def test_views_of_panels_are_part_of_the_pages_view(page: Dashboard, file_store: Store) -> None:
    page.tab = "compare"
    assert page.table is not None
    page.table.view = {"filter": "metrics.loss < 0.9"}
    view = page.standing()
    assert view["panels"]["table"] == {"filter": "metrics.loss < 0.9"}
    again = Dashboard(file_store.uri, view=view)
    assert again.table is not None
    assert again.table.view["filter"] == "metrics.loss < 0.9"
    assert again.standing()["panels"]["table"] == view["panels"]["table"]
    again.close()


def test_a_broken_view_of_a_panel_is_told_once_and_then_left_out(file_store: Store, runs: list[str]) -> None:
    settings = ("sort", "columns", "filter", "group", "rows", "deleted", "model", "metric", "path")
    broken = {name: {key: [[None]] for key in settings} for name in PANELS}
    for tab in TAB_OF.values():
        opened = Dashboard(file_store.uri, view={"tab": tab, "panels": broken})
        opened.look_again()
        assert opened.trouble == {}
        opened.close()


def test_tab_without_runs_names_the_next_command(page: Dashboard, file_store: Store) -> None:
    page.tab = "curves"
    file_store.create_experiment("empty")
    page.refresh()
    page.experiment = next(one["id"] for one in page.experiments if one["name"] == "empty")
    assert page.vacant["title"] == "No runs in empty yet"
    assert file_store.uri.removeprefix("sqlite:///") in page.vacant["code"]


def test_page_is_light_before_a_heavy_tab_is_opened(file_store: Store, runs: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT, file_store.uri], capture_output=True, text=True, check=True)
    assert not {"scipy", "sklearn", "plotly"} & set(done.stdout.split())
