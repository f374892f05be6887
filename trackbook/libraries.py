"""Libraries that a light install lacks: looked for before they are imported, and asked for with their pip command."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from trackbook.errors import MissingDependency

__all__ = ["installed_version", "is_installed", "mixed_versions", "require"]

_BASE = "trackbook"
#: What a library is imported by -> what it is called, and what pip installs it with.
_KNOWN = {
    "IPython": ("IPython", _BASE),
    "PIL": ("Pillow", "pillow"),
    "anywidget": ("anywidget", _BASE),
    "catboost": ("CatBoost", "trackbook[catboost]"),
    "fastai": ("fastai", "trackbook[fastai]"),
    "ipykernel": ("ipykernel", "trackbook[lab]"),
    "ipywidgets": ("ipywidgets", _BASE),
    "jupyterlab": ("JupyterLab", "trackbook[lab]"),
    "keras": ("Keras", "trackbook[keras]"),
    "lightgbm": ("LightGBM", "trackbook[lightgbm]"),
    "matplotlib": ("matplotlib", "trackbook[demo]"),
    "mxnet": ("MXNet", "trackbook[gluon]"),
    "onnx": ("onnx", "trackbook[onnx]"),
    "onnxruntime": ("onnxruntime", "trackbook[onnx]"),
    "pandas": ("pandas", _BASE),
    "plotly": ("plotly", _BASE),
    "pyspark": ("PySpark", "trackbook[spark]"),
    "scipy": ("scipy", "trackbook[stats]"),
    "sklearn": ("scikit-learn", "trackbook[demo]"),
    "statsmodels": ("statsmodels", "trackbook[statsmodels]"),
    "tensorflow": ("TensorFlow", "trackbook[tensorflow]"),
    "torch": ("PyTorch", "trackbook[pytorch]"),
    "tornado": ("tornado", _BASE),
    "voila": ("Voila", "trackbook[lab]"),
    "xgboost": ("XGBoost", "trackbook[xgboost]"),
}


def require(purpose: str, *names: str, instead: str = "") -> None:
    """Check that libraries are there, before a function imports them.

    Args:
        purpose: the function or feature that needs them; the error begins with it.
        names: what they are imported by.
        instead: what to do without them, as a sentence.

    Raises:
        MissingDependency: one is not; the message names the pip command.
    """
    missing = [name for name in names if not is_installed(name)]
    if not missing:
        return
    known = [_KNOWN.get(name, (name, name)) for name in missing]
    called = " and ".join(", ".join(title for title, _ in known).rsplit(", ", 1))
    fact = f"{purpose} needs {called}, which {'is' if len(missing) == 1 else 'are'} not installed"
    error = MissingDependency(f"{fact}: {_command({source for _, source in known})}{instead and f'. {instead}'}")
    error.name = missing[0]
    raise error


def _command(sources: set[str]) -> str:
    """What to type; an extra brings the base too, and brackets mean something to a shell."""
    if any(source.startswith(f"{_BASE}[") for source in sources):
        sources = sources - {_BASE}
    return "pip install " + " ".join(f'"{source}"' if "[" in source else source for source in sorted(sources))


def is_installed(name: str) -> bool:
    """Whether a library can be imported; a name in ``sys.modules`` that holds None cannot."""
    return sys.modules.get(name) is not None or find_spec(name) is not None


def installed_version() -> str:
    """The version of the code that runs, whichever distribution brought it."""
    return str(sys.modules[_BASE].__version__)


def mixed_versions() -> str:
    """What is wrong where both distributions are installed in two versions, and what helps; "" if nothing is.

    They bring the same files. In one version they agree; in two, the files are of the one that came last.
    """
    found = {name: _version(name) for name in (_BASE, f"{_BASE}-light")}
    if None in found.values() or len(set(found.values())) == 1:
        return ""
    versions = " and ".join(f"{name} {number}" for name, number in found.items())
    return (
        f"{versions} share their files and differ in version. Keep one: "
        f"pip uninstall -y {' '.join(found)} && pip install {_BASE}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
