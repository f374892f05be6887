"""The journal's format: what is written is read back, whatever lies between."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackbook.stores.journal.records import (
    END,
    ONE_POINT_SIZE,
    PACK_CRC,
    PACK_ONE_POINT,
    POINTS,
    Series,
    frame,
    json_record,
    read_batch,
    scan,
    series_record,
    short_prefix,
)

LOSS = Series("r" * 32, "loss")
Point = tuple[int, int, int, float]


def one_point(number: int, step: int, value: float) -> bytes:
    """A one-point record, as the hot path writes it; its time is 5 ms."""
    import zlib

    body = PACK_ONE_POINT(short_prefix(number), step, 5_000_000, value)
    return body + PACK_CRC(zlib.crc32(body))


def many_points(points: list[Point]) -> bytes:
    """A record of several points."""
    return frame(POINTS, b"".join(struct.pack("<Iqqd", *point) for point in points))


def read(data: bytes, most: int = 10_000) -> tuple[list[Point], list[tuple[int, int]]]:
    """Points and damage of a piece of journal, read batch by batch."""
    points: list[Point] = []
    damage: list[tuple[int, int]] = []
    at, series = 0, dict[int, Series]()
    while at < len(data):
        batch = read_batch(data[at:], at, series, most)
        if batch.end == batch.start:
            break
        points += batch.points
        damage += batch.damage
        at = batch.end
    return points, damage


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**62), st.floats()), max_size=20
    ),
    st.integers(1, 7),
)
def test_points_are_read_back_exactly(points: list[Point], most: int) -> None:
    data = b"".join(many_points([point]) for point in points)
    assert struct_of(read(data, most)[0]) == struct_of(points)


def struct_of(points: list[Point]) -> list[bytes]:
    """Points as bytes, so that NaN equals NaN and -0.0 is not 0.0."""
    return [struct.pack("<Iqqd", *point) for point in points]


def test_single_points_carry_nanoseconds() -> None:
    assert len(one_point(0, 1, 0.5)) == ONE_POINT_SIZE
    assert read(one_point(3, 7, -0.0) + one_point(3, 8, math.inf))[0] == [(3, 7, 5, -0.0), (3, 8, 5, math.inf)]


def test_records_of_all_kinds_keep_their_order() -> None:
    series: dict[int, Series] = {}
    data = series_record(4, LOSS) + one_point(4, 1, 0.5) + json_record(END, {"run": "r"}) + one_point(4, 2, 0.25)
    batch = read_batch(data, 100, series, 10)
    assert (batch.start, batch.end, series) == (100, 100 + len(data), {4: LOSS})
    assert [step for _, step, _, _ in batch.points] == [1, 2]
    assert [record.kind for record in batch.others] == [END]


def test_series_text_survives() -> None:
    series: dict[int, Series] = {}
    odd = Series("run", "précision/🎯", "m-1", "wine\nabc")
    read_batch(series_record(7, odd), 0, series, 1)
    assert series == {7: odd}


def test_record_cut_short_waits_for_its_rest() -> None:
    data = one_point(0, 1, 0.5) + many_points([(0, 2, 5, 0.25), (0, 3, 5, 0.125)])
    for end in range(ONE_POINT_SIZE, len(data)):
        batch = read_batch(data[:end], 0, {}, 100)
        assert (len(batch.points), batch.end, batch.damage) == (1, ONE_POINT_SIZE, [])


@pytest.mark.parametrize("at", range(ONE_POINT_SIZE))
def test_flipped_byte_costs_its_own_record_only(at: int) -> None:
    records = [one_point(0, step, float(step)) for step in range(5)]
    bad = bytearray(records[2])
    bad[at] ^= 0x41
    points, damage = read(b"".join([*records[:2], bytes(bad), *records[3:]]))
    assert [step for _, step, _, _ in points] == [0, 1, 3, 4]
    assert damage == [(2 * ONE_POINT_SIZE, 3 * ONE_POINT_SIZE)]


@given(st.binary(max_size=300))
def test_noise_is_never_taken_for_points(noise: bytes) -> None:
    data = noise + one_point(1, 5, 0.5)
    assert read(data)[0] == [(1, 5, 5, 0.5)]
    assert [record.end for record in scan(data)][-1] == len(data)
