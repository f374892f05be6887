"""Gluon, the interface of MXNet: a network as its symbols and numbers, which run no code when loaded.

MXNet is retired upstream; its last version runs with an older NumPy (`pip install "trackbook[gluon]"` asks for it).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter
from trackbook.models.flavors.base import Flavor, NativePredictor, Opened, Predictor, Written
from trackbook.models.loading import load
from trackbook.models.model import Model, ModelInfo
from trackbook.models.package import log, save

__all__ = ["Blocks", "flavor", "load_model", "log_model", "save_model"]

_FOLDER, _NAME = "data", "net"
_SYMBOLS, _NUMBERS = f"{_NAME}-symbol.json", f"{_NAME}-0000.params"


class Blocks(Flavor):
    """Hybrid blocks, which have been run once."""

    name = "gluon"
    library = "mxnet"
    loader_module = "mlflow.gluon"

    def save(self, model: Any, folder: Path, **options: Any) -> Written:
        """See the contract; what was run as Python is run once more as symbols."""
        import mxnet

        if not isinstance(model, mxnet.gluon.HybridBlock):
            raise InvalidParameter(f"A Gluon model is a HybridBlock, not a {type(model).__name__}.")
        data = folder / _FOLDER
        data.mkdir()
        try:
            model.export(str(data / _NAME), epoch=0)
        except (AssertionError, RuntimeError, TypeError, ValueError, mxnet.MXNetError) as error:
            raise InvalidParameter(
                f"The {type(model).__name__} cannot be exported: {error} (Call hybridize(), and then the block once.)"
            ) from None
        return Written({"data": _FOLDER, "mxnet_version": mxnet.__version__})

    def load(self, opened: Opened, **options: Any) -> Any:
        """See the contract; ``ctx`` is the device."""
        import mxnet

        folder = opened.file(opened.config.get("data"), _FOLDER)
        symbols, numbers = folder / _SYMBOLS, folder / _NUMBERS
        if not symbols.is_file() or not numbers.is_file():
            raise InvalidParameter(f"The folder {folder.name!r} of the model has not both {_SYMBOLS} and {_NUMBERS}.")
        try:
            inputs = mxnet.sym.load(str(symbols)).list_inputs()
            known = set(mxnet.nd.load(str(numbers)))
            free = [name for name in inputs if not known & {f"arg:{name}", f"aux:{name}", name}]
            return mxnet.gluon.SymbolBlock.imports(
                str(symbols), free or ["data"], str(numbers), ctx=options.get("ctx") or mxnet.current_context()
            )
        except (AssertionError, LookupError, OSError, TypeError, ValueError, mxnet.MXNetError) as error:
            raise InvalidParameter(f"{folder.name!r} holds no Gluon model: {str(error)[:500]}") from None

    def wrap(self, model: Any, pyfunc: Mapping[str, Any]) -> Predictor:
        """See the contract."""
        return _Predictor(model, "forward")


class _Predictor(NativePredictor):
    """Makes an array of MXNet of rows, and gives a frame for a frame."""

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Scores."""
        import mxnet
        import numpy as np
        import pandas as pd

        if not isinstance(data, pd.DataFrame | np.ndarray):
            raise InvalidParameter(f"A Gluon model takes a DataFrame or an array, not a {type(data).__name__}.")
        rows = data.to_numpy(dtype="float32") if isinstance(data, pd.DataFrame) else data
        scores = self.model(mxnet.nd.array(rows)).asnumpy()
        return pd.DataFrame(scores, index=data.index) if isinstance(data, pd.DataFrame) else scores


flavor = Blocks()


def save_model(
    gluon_model: Any,
    path: str | os.PathLike[str],
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> None:
    """Write a Gluon network into a new local folder, in MLflow's format.

    See `trackbook.sklearn.save_model` for what is not listed.

    Args:
        gluon_model: a HybridBlock that has been run once.
        kwargs: none is known.

    Raises:
        AlreadyExists: something is at the path.
        InvalidParameter: it is no such model, or something beside it is wrong; nothing is left behind.
        MissingDependency: MXNet is not installed.
    """
    words = locals()
    save(flavor, words.pop("gluon_model"), words.pop("path"), words)


def log_model(
    gluon_model: Any,
    artifact_path: str | None = None,
    conda_env: Mapping[str, Any] | str | None = None,
    code_paths: Sequence[str] | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a Gluon network, of the active run if there is one.

    See `save_model` and `trackbook.sklearn.log_model` for what is not listed.

    Args:
        gluon_model: a HybridBlock that has been run once.
        kwargs: name, params, tags and the other words of `trackbook.sklearn.log_model`.

    Returns:
        What is known of it; `model_uri` is what loads it.

    Raises:
        InvalidParameter: it is no such model, or something is wrong; nothing is left behind.
        MissingDependency: MXNet is not installed.
    """
    words = locals()
    return log(flavor, words.pop("gluon_model"), words)


def load_model(
    model_uri: str,
    ctx: Any = None,
    dst_path: str | None = None,
    *,
    trust: bool | None = None,
) -> Any:
    """The network that was saved or logged, by Trackbook or by MLflow.

    Args:
        model_uri: see `trackbook.sklearn.load_model`.
        ctx: a device of MXNet; the current one if None.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks your rules (docs/models.md).

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: MXNet is not installed.
    """
    return load(flavor, model_uri, dst_path, trust, ctx=ctx)
