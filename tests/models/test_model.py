"""YAML of a model's folder: what is hostile is refused before it is built."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from trackbook.errors import InvalidParameter
from trackbook.models.model import read_yaml, to_yaml, write_yaml

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


def test_what_is_written_is_read() -> None:
    content = {"b": [1, 2.5, None, "ü"], "a": {"x": True}}
    assert read_yaml(to_yaml(content).encode(), "MLmodel") == content
    assert to_yaml(content).startswith("a:")


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['touch marker']",
        "a: !!python/name:os.system",
        "a: !!python/object/new:type {}",
        "a: [",
        "a: \x00",
        BOMB,
    ],
    ids=["apply", "name", "new", "unclosed", "control", "aliases"],
)
def test_hostile_yaml_is_a_typed_error_within_half_a_second(text: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(InvalidParameter, match="MLmodel"):
        read_yaml(text.encode(), "MLmodel")
    assert time.monotonic() - began < 0.5
    assert not list(Path().glob("marker"))


def test_file_beyond_a_mebibyte_is_not_parsed() -> None:
    with pytest.raises(InvalidParameter, match="at most 1 MiB"):
        read_yaml(b"a: " + b"x" * (1 << 20), "conda.yaml")


def test_value_without_a_plain_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match="plain values"):
        write_yaml(tmp_path / "MLmodel", {"metadata": object()})
