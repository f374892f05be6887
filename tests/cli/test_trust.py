"""`trackbook models trust` and `verify`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sklearn.linear_model import LinearRegression

from tests.cli.conftest import Shell
from trackbook import sklearn
from trackbook.errors import UntrustedModel
from trackbook.models.trust import IMPORTED_TAG, trusted_digests
from trackbook.runs.session import set_tracking_uri
from trackbook.stores.base import Store

LINE = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])


@pytest.fixture(autouse=True)
def own_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: Store) -> Path:
    monkeypatch.setenv("TRACKBOOK_CONFIG_DIR", str(tmp_path / "config"))
    set_tracking_uri(here.uri)
    return tmp_path / "config" / "trusted-models"


def test_model_of_somebody_else_is_trusted_by_its_path_and_forgotten(shell: Shell, own_trust: Path) -> None:
    sklearn.save_model(LINE, "model", serialization_format="pickle")
    own_trust.unlink()  # as if somebody else had made it
    with pytest.raises(UntrustedModel) as caught:
        sklearn.load_model("model")
    digest = str(caught.value).split("digest ")[1][:64]
    assert f"Trusted from now on: {digest} (model)" in shell("models", "trust", "model").output
    assert sklearn.load_model("model").predict([[2.0]]) == pytest.approx([2.0])
    (row,) = json.loads(shell("models", "trust", "--format", "json").output)
    assert (row["digest"], row["model"]) == (digest, "model")
    assert "Not trusted any more" in shell("models", "trust", "--forget", digest).output
    with pytest.raises(UntrustedModel):
        sklearn.load_model("model")


def test_version_is_trusted_by_its_name(shell: Shell, own_trust: Path) -> None:
    info = sklearn.log_model(LINE, name="line", registered_model_name="line")
    own_trust.unlink()
    for name in ("line/1", "models:/line/1", info.model_uri):
        shell("models", "trust", name)
    assert len(trusted_digests()) == 1
    shell("models", "trust", "line/2", code=1)
    shell("models", "trust", "nothing", code=1)


def test_imported_models_are_trusted_after_a_list(shell: Shell, own_trust: Path, here: Store) -> None:
    assert "No model of this store was imported." in shell("models", "trust", "--imported").output
    info = sklearn.log_model(LINE, name="line", serialization_format="pickle", tags={IMPORTED_TAG: "mlruns"})
    own_trust.unlink()
    with pytest.raises(UntrustedModel):
        sklearn.load_model(info.model_uri)
    assert info.model_uri in shell("models", "trust", "--imported", code=1).output
    assert not own_trust.exists()
    shell("models", "trust", "--imported", "--yes")
    sklearn.load_model(info.model_uri)


def test_verify_reads_every_byte(shell: Shell, here: Store) -> None:
    info = sklearn.log_model(LINE, name="line", registered_model_name="line")
    assert "line/1 is whole: 5 files" in shell("models", "verify", "line/1").output
    path = Path(info.artifact_path) / "model.skops"
    data = bytearray(path.read_bytes())
    data[10] ^= 1
    path.write_bytes(data)
    assert "is not what was stored" in shell("models", "verify", "line/1", code=1).output
    path.unlink()
    assert "model.skops is missing" in shell("models", "verify", "line/1", code=1).output


def test_verify_of_a_plain_folder_says_that_nothing_is_known(shell: Shell) -> None:
    sklearn.save_model(LINE, "model")
    assert "of which nobody has noted what they should be" in shell("models", "verify", "model").output
