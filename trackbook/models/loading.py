"""A model on its way back: fetched, trusted, and handed to its flavor."""

from __future__ import annotations

import os
from typing import Any

from trackbook.libraries import require
from trackbook.models.code_paths import add_code
from trackbook.models.fetching import fetched
from trackbook.models.flavors.base import Flavor

__all__ = ["load"]


def load(
    flavor: Flavor,
    uri: str,
    dst_path: str | os.PathLike[str] | None = None,
    trust: bool | None = None,
    **options: Any,
) -> Any:
    """The native model at an address.

    Args:
        flavor: of its library.
        uri: see `trackbook.runs.model_addresses.locate`.
        dst_path: folder for a copy of its files that stays.
        trust: True lets this call run code that comes with the model; None asks the user's rules.
        options: what this flavor's load_model takes beyond that.

    Raises:
        NotFound: there is no such model.
        DamagedArtifact: its files are not what was stored.
        UntrustedModel: loading it runs code, and nobody has said that it may.
        MissingDependency: its library is not installed.
    """
    require(f"A model of the flavor {flavor.name}", flavor.library)
    with fetched(uri, dst_path) as copy:
        opened = copy.opened(flavor.name, trust)
        if hazard := flavor.hazard(opened):
            opened.trust.require(hazard)
        if add_code(opened) or flavor.keeps_files:
            copy.keep()
        return flavor.load(opened, **options)
