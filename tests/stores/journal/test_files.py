"""Segments on disk: their names, headers and locks, and which of them may be adopted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trackbook.stores.journal.files import (
    Segment,
    SegmentFile,
    create_segment,
    host_and_boot,
    list_segments,
    living_writers,
    lock_orphan,
    new_writer_id,
    orphans,
    put_aside,
    read_header,
    segment_path,
)
from trackbook.stores.journal.records import HEADER, json_record

WRITER, OTHER = "a" * 32, "b" * 32


def abandoned(folder: Path, writer: str, number: int = 0) -> Path:
    """A segment that nobody holds any more."""
    descriptor, _ = create_segment(folder, "store", writer, number)
    os.close(descriptor)
    return segment_path(folder, writer, number)


def test_writers_are_never_the_same() -> None:
    ids = {new_writer_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert {len(each) for each in ids} == {32}


def test_segment_is_private_and_says_whose_it_is(tmp_path: Path) -> None:
    descriptor, start = create_segment(tmp_path / "writers", "the store", WRITER, 2)
    header, end = read_header(descriptor)
    os.close(descriptor)
    host, boot = host_and_boot()
    assert (header["store"], header["writer"], header["segment"]) == ("the store", WRITER, 2)
    assert (header["host"], header["boot"], header["pid"], end) == (host, boot, os.getpid(), start)
    assert (tmp_path / "writers").stat().st_mode & 0o777 == 0o700
    assert segment_path(tmp_path / "writers", WRITER, 2).stat().st_mode & 0o777 == 0o600


def test_segments_come_in_the_order_of_writing_and_strangers_are_left_out(tmp_path: Path) -> None:
    for number in (10, 2, 0):
        abandoned(tmp_path, WRITER, number)
    for stranger in (f"{WRITER}.bad", f"{WRITER}.new", f"{WRITER}.x.log", f"{WRITER}.1.2.log", "x.log", "log"):
        (tmp_path / stranger).touch()
    (tmp_path / f"{'C' * 32}.log").mkdir()
    assert [(file.writer, file.number) for file in list_segments(tmp_path)] == [(WRITER, n) for n in (0, 2, 10)]
    assert list_segments(tmp_path / "nowhere") == []


def test_segment_is_locked_until_its_writer_is_gone(tmp_path: Path) -> None:
    descriptor, _ = create_segment(tmp_path, "store", WRITER, 0)
    file = SegmentFile(WRITER, 0, segment_path(tmp_path, WRITER, 0))
    assert lock_orphan(file) is None
    assert living_writers(tmp_path, [WRITER, OTHER, ""]) == {WRITER}
    os.close(descriptor)
    assert living_writers(tmp_path, [WRITER, OTHER, ""]) == set()
    again = lock_orphan(file)
    assert again is not None
    assert lock_orphan(file) is None
    os.close(again)


def test_orphans_are_those_of_others(tmp_path: Path) -> None:
    abandoned(tmp_path, WRITER)
    abandoned(tmp_path, OTHER)
    found = []
    for file, descriptor in orphans(tmp_path, OTHER):
        found.append(file.writer)
        os.close(descriptor)
    assert found == [WRITER]
    assert list(orphans(tmp_path / "nowhere", OTHER)) == []


@pytest.mark.parametrize("header", [{"host": "another", "format": 1}, {"format": 2}])
def test_segment_of_another_host_or_a_newer_format_is_not_adopted(tmp_path: Path, header: dict[str, object]) -> None:
    path = segment_path(tmp_path, WRITER, 0)
    path.write_bytes(json_record(HEADER, {"host": host_and_boot()[0]} | header))
    assert list(orphans(tmp_path, OTHER)) == []
    assert path.exists()


def test_segment_of_this_host_before_its_last_start_is_adopted(tmp_path: Path) -> None:
    header = {"host": host_and_boot()[0], "boot": "an old one", "format": 1}
    segment_path(tmp_path, WRITER, 0).write_bytes(json_record(HEADER, header))
    ((file, descriptor),) = orphans(tmp_path, OTHER)
    os.close(descriptor)
    assert file.writer == WRITER


def test_half_made_segment_of_a_dead_writer_is_tidied_away(tmp_path: Path) -> None:
    left = tmp_path / f"{WRITER}.new"
    left.touch()
    assert list(orphans(tmp_path, OTHER)) == []
    assert not left.exists()


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"\xa7T\x01\x00\xff\xff\xff\x7f"])
def test_damaged_header_is_no_header(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "segment"
    path.write_bytes(content)
    with path.open("rb") as file:
        assert read_header(file.fileno()) == ({}, 0)


def test_failed_creation_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "write", lambda descriptor, data: len(data) - 1)
    with pytest.raises(OSError, match="No space"):
        create_segment(tmp_path, "store", WRITER, 0)
    assert list(tmp_path.glob(f"{WRITER}*")) == []


def test_damaged_bytes_are_kept_beside_the_segment(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = segment_path(tmp_path, WRITER, 0)
    path.write_bytes(b"0123456789")
    with path.open("rb") as file:
        segment = Segment(SegmentFile(WRITER, 0, path), file.fileno(), 0, {})
        put_aside(segment, [(1, 3), (5, 8)])
        put_aside(segment, [(9, 10)])
    assert (tmp_path / f"{WRITER}.bad").read_bytes() == b"125679"
    assert caplog.text.count("damaged pieces") == 2
