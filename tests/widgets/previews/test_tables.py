from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from trackbook.widgets.artifact_files import ArtifactFile
from trackbook.widgets.previews.preview import Preview

Logged = Callable[[str, bytes], ArtifactFile]
Show = Callable[..., Preview]


def frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"id": range(rows), "p": np.linspace(0, 1, rows), "word": ["é, 日"] * rows})


def test_csv_is_read_a_page_at_a_time(logged: Logged, preview: Show) -> None:
    file = logged("t.csv", frame(1_797).to_csv(index=False).encode())
    value = preview(file).value
    assert (value["columns"], value["numeric"]) == (["id", "p", "word"], [True, True, False])
    assert (len(value["rows"]), value["start"], value["total"]) == (100, 0, None)
    assert value["rows"][3][2] == "é, 日"
    assert preview(file, start=100).value["rows"][0][0] == "100"
    last = preview(file, start=1_700).value
    assert (last["rows"][-1][0], last["total"], last["start"]) == ("1796", 1_797, 1_700)
    assert preview(file, start=10**9).value["rows"][-1][0] == "1796"


def test_page_of_a_large_csv_reads_little_of_it(logged: Logged, preview: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    file = logged("t.csv", frame(200_000).to_csv(index=False).encode())
    read: list[int] = []
    once = ArtifactFile.read

    def counted(self: ArtifactFile, start: int, length: int) -> bytes:
        data = once(self, start, length)
        read.append(len(data))
        return data

    monkeypatch.setattr(ArtifactFile, "read", counted)
    assert preview(file).value["rows"][99][0] == "99"
    assert preview(file, start=100).value["rows"][0][0] == "100"
    assert sum(read) < 1_500_000
    assert file.size > 5_000_000


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('a;b\n1;"x\ny"\n2;z\n', [["1", "x\ny"], ["2", "z"]]),
        ("\ufeffa\tb\n1\t2\n", [["1", "2"]]),
        ("a,b\r\n1,\r\n\r\n3,4,5\r\n", [["1", "", None], ["3", "4", "5"]]),
        ("a,b", []),
        ("a,b\n1,2", [["1", "2"]]),
        ('a\n"never closed\n1\n', [["never closed\n1\n"]]),
        ("a\nx\0y\n", [["x\ufffdy"]]),
    ],
)
def test_csv_of_every_dialect(logged: Logged, preview: Show, text: str, rows: list[list[str | None]]) -> None:
    assert preview(logged("t.csv", text.encode())).value["rows"] == rows


def test_csv_of_another_encoding_says_so(logged: Logged, preview: Show) -> None:
    value = preview(logged("t.csv", "größe\nä\n".encode("cp1252"))).value
    assert (value["columns"], value["rows"], "not UTF-8" in value["note"]) == (["größe"], [["ä"]], True)
    assert "UTF-16" in preview(logged("u.csv", "a\n1\n".encode("utf-16"))).value["text"]


def test_csv_with_one_endless_row_is_refused(logged: Logged, preview: Show) -> None:
    value = preview(logged("t.csv", b"a,b\n" + b"x" * 6_000_000)).value
    assert (value["kind"], "larger than 4.0 MB" in value["text"]) == ("broken", True)


def test_wide_table_shows_two_hundred_columns(logged: Logged, preview: Show) -> None:
    wide = pd.DataFrame(np.zeros((2, 10_000)))
    value = preview(logged("t.csv", wide.to_csv(index=False).encode())).value
    assert (len(value["columns"]), value["hidden"]) == (200, 9_800)


def parquet(rows: int, **how: object) -> bytes:
    out = BytesIO()
    frame(rows).to_parquet(out, **how)  # type: ignore[call-overload]
    return out.getvalue()


def test_parquet_pages_go_over_groups_of_rows(logged: Logged, preview: Show) -> None:
    file = logged("t.parquet", parquet(1_000, row_group_size=130))
    value = preview(file).value
    assert (value["total"], value["types"][:2], value["rows"][99][0]) == (1_000, ["int64", "double"], "99")
    middle = preview(file, start=200).value
    assert [row[0] for row in middle["rows"]] == [str(number) for number in range(200, 300)]
    assert preview(file, start=10**12).value["rows"][-1][0] == "999"


def test_parquet_without_rows_or_with_missing_values(logged: Logged, preview: Show) -> None:
    assert preview(logged("t.parquet", parquet(0))).value["rows"] == []
    out = BytesIO()
    odd = pd.DataFrame({"x": [1.5, float("nan"), float("inf")], "b": [b"ab", None, b""], "l": [[1], None, []]})
    odd.to_parquet(out)
    value = preview(logged("u.parquet", out.getvalue())).value
    json.dumps(value, allow_nan=False)
    assert [row[0] for row in value["rows"]] == ["1.5", None, "inf"]


def test_broken_parquet_says_so(logged: Logged, preview: Show) -> None:
    data = parquet(1_000)
    for name, part in (("cut.parquet", data[:-100]), ("none.parquet", b"PAR1 not at all")):
        value = preview(logged(name, part)).value
        assert (value["kind"], value["text"]) == ("broken", "It is no Parquet file that pyarrow can read.")


def test_huge_group_of_rows_is_not_read(logged: Logged, preview: Show) -> None:
    out = BytesIO()
    blob = np.random.default_rng(0).bytes(45_000_000)
    pd.DataFrame({"x": [blob[:44_000_000], b""]}).to_parquet(out)
    value = preview(logged("t.parquet", out.getvalue())).value
    assert (value["kind"], "very large groups" in value["text"]) == ("broken", True)


def test_table_of_log_table_is_a_table(logged: Logged, preview: Show) -> None:
    data = json.dumps({"columns": ["q", "a"], "data": [[str(row), row / 2] for row in range(250)]})
    file = logged("answers.json", data.encode())
    value = preview(file, start=100).value
    assert (value["kind"], value["total"], value["rows"][0]) == ("table", 250, ["100", "50.0"])
    assert preview(file, raw=True).value["kind"] == "text"
