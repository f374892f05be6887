"""The contract of a flavor: how one library's models become files, and models again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from trackbook.errors import InvalidParameter
from trackbook.models.model import Model
from trackbook.uris import SafeRelPath

if TYPE_CHECKING:
    from trackbook.models.trust import Trust

__all__ = ["Flavor", "NativePredictor", "Opened", "Predictor", "Written"]


@dataclass(frozen=True)
class Written:
    """What a flavor has put into a folder.

    Attributes:
        config: its section of MLmodel, with MLflow's keys.
        pyfunc: further keys of the section ``python_function``: ``data`` or ``model_path``, ``predict_fn`` ...
        modules: what the model needs beside the flavor's own library, as names to import.
    """

    config: dict[str, Any]
    pyfunc: dict[str, Any] = field(default_factory=dict)
    modules: Sequence[str] = ()


@dataclass(frozen=True)
class Opened:
    """A model's folder, fetched: a private copy whose bytes are those that were stored.

    Attributes:
        folder: the copy; nobody else can write to it.
        meta: its MLmodel.
        config: the flavor's section of it.
        pyfunc: the section ``python_function``; empty if there is none.
        trust: what decides whether its code may run; `Trust.unpickle` is the one way to a pickled object.
    """

    folder: Path
    meta: Model
    config: Mapping[str, Any]
    pyfunc: Mapping[str, Any]
    trust: Trust

    def file(self, name: object, default: str = "") -> Path:
        """The path of a file or folder that MLmodel names, in the copy.

        Raises:
            InvalidParameter: it leads out of the folder, or is not there.
        """
        path = self.folder.joinpath(*SafeRelPath.parse(name or default).parts)
        if not path.exists():
            raise InvalidParameter(f"MLmodel names {str(name or default)!r}, which is not in the model's folder.")
        return path


class Predictor(Protocol):
    """What scores data, whichever library made it."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores for rows of data that fit the model's signature."""


class NativePredictor:
    """Calls one method of a native model with the data.

    Args:
        model: the native model.
        method: its name.
    """

    def __init__(self, model: Any, method: str = "predict") -> None:
        if method.startswith("_"):
            raise InvalidParameter(f"MLmodel names {method!r:.80} as the method that predicts, which is no public one.")
        self.model = model
        self._predict = getattr(model, method)

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """What the native method gives; params become its keyword arguments."""
        return self._predict(data, **(params or {}))

    def get_raw_model(self) -> Any:
        """The native model."""
        return self.model


class Flavor(ABC):
    """One library. It holds nothing: one object serves every model.

    Attributes:
        name: of its section in MLmodel, such as ``sklearn``.
        library: what the library is imported by; it is looked for before anything is written or loaded.
        loader_module: the name by which MLflow finds the loader.
        modules: what a model needs besides, as names to import.
        keeps_files: whether a loaded model reads its files later, so that the private copy has to stay.
    """

    name: ClassVar[str]
    library: ClassVar[str]
    loader_module: ClassVar[str]
    modules: ClassVar[tuple[str, ...]] = ()
    keeps_files: ClassVar[bool] = False

    @abstractmethod
    def save(self, model: Any, folder: Path, **options: Any) -> Written:
        """Write a model's files into a new folder.

        Args:
            model: the native model.
            folder: empty and private; MLmodel, requirements and examples are written by others.
            options: what the flavor's save_model takes beyond what all take.

        Raises:
            InvalidParameter: it is no model of this library; the message says what is.
        """

    @abstractmethod
    def load(self, opened: Opened, **options: Any) -> Any:
        """The native model; `hazard` was asked before."""

    def hazard(self, opened: Opened) -> str:
        """Why loading runs code that the folder brings: the end of a sentence ("is a pickle"); "" if it does not.

        It looks at the files and runs nothing.
        """
        return ""

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """What scores data with a native model.

        Args:
            model: the native model.
            pyfunc: the section ``python_function``.
        """
        return NativePredictor(model, str(pyfunc.get("predict_fn") or "predict"))

    def predictor(self, opened: Opened, model_config: Mapping[str, Any] | None = None) -> Predictor:
        """What `trackbook.pyfunc.load_model` wraps; `hazard` was asked before."""
        return self.wrap(self.load(opened), opened.pyfunc)

    def answer(self, model: Any, data: Any, params: Mapping[str, Any] | None, written: Written) -> Any:
        """What a native model predicts, just as it will when it is loaded; for the signature of an example."""
        return self.wrap(model, written.pyfunc).predict(data, params)

    def accepts(self, model: object) -> bool:
        """Whether a model's class, or one above it, comes from this library; nothing is imported."""
        return any(kind.__module__.partition(".")[0] == self.library for kind in type(model).__mro__)
