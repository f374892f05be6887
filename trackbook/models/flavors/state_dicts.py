"""The weights of PyTorch modules without the modules: tensors and plain values, which run no code when loaded."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trackbook.errors import InvalidParameter, UntrustedModel
from trackbook.libraries import require

__all__ = ["load_state_dict", "log_state_dict", "save_state_dict"]

_STATE = "state_dict.pth"


def save_state_dict(state_dict: Mapping[str, Any], path: str | os.PathLike[str], **kwargs: Any) -> None:
    """Write weights into a local folder, as ``state_dict.pth``.

    Args:
        state_dict: what a module's `state_dict` gives, or a dict of such dicts and plain values.
        path: of the folder, made if need be.
        kwargs: of torch.save.

    Raises:
        InvalidParameter: it is no dict; a whole module is what `save_model` takes.
    """
    require("A state dict", "torch")
    import torch

    if not isinstance(state_dict, dict):
        raise InvalidParameter(f"A state dict is a dict, not a {type(state_dict).__name__}; save_model takes a module.")
    os.makedirs(path, exist_ok=True)
    torch.save(state_dict, os.path.join(path, _STATE), **kwargs)


def log_state_dict(state_dict: Mapping[str, Any], artifact_path: str, **kwargs: Any) -> None:
    """Keep weights among the files of the active run; `load_state_dict` reads them.

    Args:
        state_dict: see `save_state_dict`.
        artifact_path: folder in the run.
        kwargs: of torch.save.
    """
    from trackbook.runs.fluent_artifacts import log_artifacts

    with tempfile.TemporaryDirectory(prefix="trackbook-model-") as folder:
        save_state_dict(state_dict, folder, **kwargs)
        log_artifacts(folder, artifact_path)


def load_state_dict(state_dict_uri: str, *, trust: bool | None = None, **kwargs: Any) -> Any:
    """Weights that `save_state_dict` or `log_state_dict` wrote: tensors and plain values, which run no code.

    Args:
        state_dict_uri: a local folder, ``runs:/<run_id>/<folder>`` or an address such as ``s3://bucket/folder``.
        trust: True takes any pickled object, whose loading can run code that came with it.
        kwargs: of torch.load.

    Raises:
        NotFound: there is nothing.
        UntrustedModel: it holds more than tensors and plain values, and trust is not True.
    """
    from trackbook.runs.addresses import download_artifacts

    require("A state dict", "torch")
    import torch

    with tempfile.TemporaryDirectory(prefix="trackbook-model-") as folder:
        path = Path(download_artifacts(state_dict_uri, dst_path=folder), _STATE)
        if not path.is_file():
            raise InvalidParameter(f"{state_dict_uri} has no {_STATE}.")
        given = {"map_location": None if torch.cuda.is_available() else "cpu"} | kwargs
        try:
            return torch.load(path, **given | {"weights_only": trust is not True})
        except pickle.UnpicklingError as error:
            raise UntrustedModel(
                f"{state_dict_uri} holds more than tensors and plain values, so loading it could run code that came "
                f"with it. trust=True allows this one call. ({str(error).partition(chr(10))[0]})"
            ) from None
        except (EOFError, RuntimeError, ValueError) as error:
            raise InvalidParameter(f"{state_dict_uri} holds no state dict: {error}") from error
