from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.preview import Preview

Logged = Callable[[str, bytes], ArtifactFile]
Show = Callable[..., Preview]


def test_json_tree_keeps_numbers_as_written(logged: Logged, preview: Show) -> None:
    text = '{"big": 123456789012345678901234567890, "e": 1e3, "nan": NaN, "deep": [[1, "x"], {}], "no": null}'
    value = preview(logged("a.json", text.encode())).value
    json.dumps(value, allow_nan=False)
    assert value["kind"] == "json"
    tree = dict(value["tree"][1])
    assert tree["big"] == ["n", "123456789012345678901234567890"]
    assert (tree["e"], tree["nan"], tree["no"]) == (["n", "1e3"], ["n", "NaN"], ["k", "null"])
    assert tree["deep"] == ["[", [["[", [["n", "1"], ["s", "x"]], 2], ["{", [], 0]], 2]


def test_large_json_is_bounded(logged: Logged, preview: Show) -> None:
    value = preview(logged("a.json", json.dumps([[number] for number in range(100_000)]).encode())).value
    assert len(value["tree"][1]) == 200
    assert value["left"] == 99_800
    assert len(json.dumps(value)) < 50_000


def test_json_over_four_megabytes_is_text_until_it_is_asked_for(logged: Logged, preview: Show) -> None:
    file = logged("a.json", json.dumps({"x": ["word"] * 800_000}).encode())
    value = preview(file).value
    assert (value["kind"], value["whole"]) == ("text", True)
    assert preview(file, whole=True).value["kind"] == "json"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 1,}', "line 1"),
        ("[" * 200_000, "nested too deeply"),
        ("1" * 5_000, ""),
        ("", None),
        ("\xff", "no JSON"),
    ],
)
def test_broken_json_is_text_with_a_sentence(logged: Logged, preview: Show, text: str, said: str | None) -> None:
    value = preview(logged("a.json", text.encode("latin-1"))).value
    if said is None:
        assert value["kind"] == "empty"
    elif said:
        assert (value["kind"], said in value["note"]) == ("text", True)
    else:
        assert value["kind"] == "json"  # the digits of a number are never counted here


def test_deep_json_is_cut(logged: Logged, preview: Show) -> None:
    value = preview(logged("a.json", ("[" * 300 + "]" * 300).encode())).value
    depth, node = 0, value["tree"]
    while node[1]:
        depth, node = depth + 1, node[1][0]
    assert depth == 61


def test_text_is_read_on_from_where_it_stopped(logged: Logged, preview: Show) -> None:
    text = "".join(f"line {number} é日\n" for number in range(20_000))
    file = logged("a.py", text.encode())
    value = preview(file).value
    shown = value["text"]
    assert (value["kind"], value["code"], value["encoding"]) == ("text", True, "UTF-8")
    assert len(shown.encode()) <= 64_000
    while value["next"] is not None:
        value = preview(file, start=value["next"], raw=True).value
        shown += value["text"]
    assert shown == text


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("é".encode(), "UTF-8", "é"),
        ("\ufeffé".encode(), "UTF-8 with a byte order mark", "é"),
        ("é".encode("utf-16"), "UTF-16", "é"),
        ("\ufeffé".encode("utf-16-be"), "UTF-16", "é"),
        (b"caf\xe9 ol\xe9", "not UTF-8: shown as Windows-1252", "café olé"),
    ],
)
def test_encoding_is_said(logged: Logged, preview: Show, data: bytes, encoding: str, text: str) -> None:
    value = preview(logged("a.txt", data)).value
    assert (value["encoding"], value["text"]) == (encoding, text)


def test_long_lines_are_cut_and_letters_never(logged: Logged, preview: Show) -> None:
    value = preview(logged("a.txt", b"x" * 50_000)).value
    assert (value["cut"], len(value["text"])) == (1, 20_002)
    data = ("日" * 30_000).encode()
    file = logged("b.txt", data)
    first = preview(file).value
    assert "\ufffd" not in first["text"] + preview(file, start=first["next"], raw=True).value["text"]


def test_bytes_are_bytes_whatever_the_name(logged: Logged, preview: Show) -> None:
    found = preview(logged("a.txt", bytes(range(256)) * 10))
    assert (found.value["kind"], len(found.buffers[0])) == ("binary", 512)
    assert preview(logged("model.skops", b"plain words")).value["kind"] == "binary"


def test_pages_and_markdown_are_sent_whole(logged: Logged, preview: Show) -> None:
    found = preview(logged("a.html", "<p>é</p>".encode()))
    assert (found.value["kind"], found.buffers[0].decode()) == ("page", "<p>é</p>")
    assert preview(logged("a.md", b"# x")).value["text"] == "# x"
    assert preview(logged("b.md", b"x" * 500_000)).value["kind"] == "text"


def test_wishes_of_a_page_may_be_anything(logged: Logged, preview: Show) -> None:
    file = logged("a.txt", b"word")
    strange: list[dict[str, Any]] = [{"start": -1}, {"start": "x"}, {"start": 2**80}, {"first": "yes"}, {"start": None}]
    for wishes in strange:
        assert preview(file, **wishes).value["text"] == "word"
    assert preview(file, start=100, raw=True).value["text"] == ""


def test_cut_off_file_says_how_much_is_there(logged: Logged, preview: Show, run: Any) -> None:
    file = logged("a.parquet", b"x" * 4_800_000)
    place = f"{run.info.artifact_uri}/a.parquet"
    with open(place, "r+b") as stream:
        stream.truncate(3_100_000)
    from trackbook.widgets.artifact_files import ArtifactFiles

    files = ArtifactFiles(file._repository, "runs:/x")
    value = preview(files.open("a.parquet")).value
    assert value["text"] == "The file ends after 3.1 of 4.8 MB. It was probably cut off while it was written."
