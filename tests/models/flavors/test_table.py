"""Which flavors there are, and a third party's, which is installed as any package is."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.flavors import table
from trackbook.models.flavors.base import Flavor
from trackbook.models.flavors.table import FLAVORS, flavor_named, flavor_of_loader

#: A package that adds a flavor: names are kept as lines of a text file.
MODULE = """
from trackbook.models.flavors.base import Flavor, Written


class Names(Flavor):
    name = "names"
    library = "json"
    loader_module = "nameslib.loader"

    def save(self, model, folder, upper=False, **options):
        folder.joinpath("names.txt").write_text("\\n".join(each.upper() if upper else each for each in model))
        return Written({"data": "names.txt"}, {"data": "names.txt"})

    def load(self, opened, **options):
        return Known(opened.file(opened.config.get("data")).read_text().split())


class Known(list):
    def predict(self, data):
        return [each in self for each in data]


flavor = Names()
"""
SCRIPT = """
import trackbook, trackbook.pyfunc
from trackbook.models.flavors.table import flavor_named
from trackbook.models.loading import load
from trackbook.models.package import log, save

flavor = flavor_named("names")
save(flavor, ["ada", "grace"], "model", {"upper": True})
assert load(flavor, "model", trust=False) == ["ADA", "GRACE"]
assert trackbook.pyfunc.load_model("model", trust=False).predict(["ADA", "ALAN"]) == [True, False]
with trackbook.start_run():
    info = log(flavor, ["ada"], {"name": "m"})
assert trackbook.pyfunc.load_model(info.model_uri).predict(["ada"]) == [True]
"""


@pytest.mark.slow
def test_package_adds_a_flavor_by_an_entry_point(tmp_path: Path) -> None:
    site = tmp_path / "site"
    _install(site)
    paths = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    settings = {"PYTHONPATH": paths, "TRACKBOOK_CONFIG_DIR": str(tmp_path / "config")}
    subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, env=os.environ | settings, check=True)


def _install(site: Path) -> None:
    """Lay a distribution out as pip does: pip itself would have to fetch what builds it."""
    package, info = site / "nameslib", site / "nameslib-1.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    package.joinpath("__init__.py").write_text("")
    package.joinpath("flavor.py").write_text(MODULE)
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: nameslib\nVersion: 1\n")
    info.joinpath("entry_points.txt").write_text(f"[{table.GROUP}]\nnames = nameslib.flavor:flavor\n")


@pytest.mark.parametrize("name", sorted(FLAVORS))
def test_flavor_is_found_without_its_library(name: str) -> None:
    module = import_module(FLAVORS[name])
    assert flavor_named(name) is module.flavor
    assert isinstance(module.flavor, Flavor)
    assert module.flavor.name == name
    porch = import_module(f"trackbook.{'pyfunc' if name == 'python_function' else name}")
    assert {"load_model", "log_model", "save_model"} <= set(porch.__all__)
    if name != "python_function":
        assert flavor_of_loader(f"mlflow.{name}") is flavor_of_loader(f"trackbook.{name}") is module.flavor


def test_unknown_flavor_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(NotSupported, match=r"catboost, fastai, .*xgboost.*trackbook\.flavors"):
        flavor_named("prophet")
    with pytest.raises(NotSupported, match=r"mlflow\.prophet"):
        flavor_of_loader("mlflow.prophet")
    assert flavor_of_loader("antigravity") is None
    assert "antigravity" not in sys.modules


def test_entry_point_that_names_no_flavor_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_third_party", lambda: {"odd": "json:dumps"})
    with pytest.raises(InvalidParameter, match="names no Flavor"):
        flavor_named("odd")
