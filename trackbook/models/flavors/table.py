"""Which flavors there are: name, the module that has it, and the loader that MLflow names; third parties add theirs."""

from __future__ import annotations

import functools
from importlib import import_module
from importlib.metadata import entry_points

from trackbook.errors import InvalidParameter, NotSupported
from trackbook.models.flavors.base import Flavor

__all__ = ["FLAVORS", "flavor_named", "flavor_of_loader"]

#: Flavor -> our module; each has an object ``flavor``. Loader modules are ``mlflow.<flavor>`` unless said below.
FLAVORS = {
    "catboost": "trackbook.models.flavors.catboost",
    "fastai": "trackbook.models.flavors.fastai",
    "gluon": "trackbook.models.flavors.gluon",
    "keras": "trackbook.models.flavors.keras",
    "lightgbm": "trackbook.models.flavors.lightgbm",
    "onnx": "trackbook.models.flavors.onnx",
    "python_function": "trackbook.models.flavors.pyfunc",
    "pytorch": "trackbook.models.flavors.pytorch",
    "sklearn": "trackbook.models.flavors.sklearn",
    "spark": "trackbook.models.flavors.spark",
    "statsmodels": "trackbook.models.flavors.statsmodels",
    "tensorflow": "trackbook.models.flavors.tensorflow",
    "xgboost": "trackbook.models.flavors.xgboost",
}
#: Group of entry points by which another package adds a flavor: its name, and the object.
GROUP = "trackbook.flavors"
_LOADERS = {"mlflow.pyfunc.loaders.code_model": "python_function", "mlflow.pyfunc.model": "python_function"}


@functools.cache
def _third_party() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=GROUP) if point.name not in FLAVORS}


def flavor_named(name: str) -> Flavor:
    """The flavor of a name; its library is not imported.

    Raises:
        NotSupported: there is none; the message lists those that there are.
    """
    if name in FLAVORS:
        found: object = import_module(FLAVORS[name]).flavor
    elif name in _third_party():
        module, _, attribute = _third_party()[name].partition(":")
        found = getattr(import_module(module), attribute or "flavor")
    else:
        known = ", ".join(sorted({*FLAVORS, *_third_party()}))
        raise NotSupported(
            f"There is no flavor {name!r}; there are {known}. A package adds one by an entry point {GROUP!r}; any "
            "model can be logged as a PythonModel (trackbook.pyfunc)."
        )
    if not isinstance(found, Flavor):
        raise InvalidParameter(f"The entry point {name!r} of {GROUP!r} names no Flavor, but {found!r:.80}.")
    return found


def flavor_of_loader(module: object) -> Flavor | None:
    """The flavor whose loader an MLmodel names, in MLflow's spelling or ours; None if it is the model's own module."""
    text = str(module)
    if text in _LOADERS:
        return flavor_named(_LOADERS[text])
    top, _, name = text.partition(".")
    if top not in ("mlflow", "trackbook"):
        owners = (flavor_named(name) for name in _third_party())
        return next((flavor for flavor in owners if flavor.loader_module == text), None)
    if name not in FLAVORS or name == "python_function":
        raise NotSupported(f"MLmodel names the loader {text!r}, and there is no such flavor here.")
    return flavor_named(name)
