"""Signatures that are set later."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from trackbook import pyfunc
from trackbook.errors import (
    InvalidParameter,
    InvalidState,
    NotFound,
)
from trackbook.models import (
    Model,
    infer_signature,
    set_signature,
)
from trackbook.pyfunc import PythonModel

FRAME = pd.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})


class Plain(PythonModel):
    def predict(self, model_input: Any) -> Any:  # type: ignore[override]
        return len(model_input)


def test_signature_of_a_folder_is_set_later_and_of_a_logged_model_never() -> None:
    pyfunc.save_model("model", python_model=Plain())
    signature = infer_signature(FRAME)
    set_signature("model", signature)
    assert Model.load("model").signature == signature
    assert pyfunc.load_model("model").predict(FRAME) == 2, "it is still trusted"
    info = pyfunc.log_model(name="m", python_model=Plain())
    with pytest.raises(InvalidState, match="log it again"):
        set_signature(info.model_uri, signature)
    with pytest.raises(InvalidParameter):
        set_signature("model", "x")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        set_signature("nowhere", signature)
