"""Nothing outside a folder can be opened through it, with the kernel's help and without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackbook.stores.artifacts.beneath import Opener, kernel_open, open_beneath, walk_open


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data-secret").mkdir()
    (tmp_path / "data-secret" / "canary").write_text("secret")
    (tmp_path / "data" / "deep" / "file").write_text("content")
    (tmp_path / "data" / "link").symlink_to("deep/file")
    (tmp_path / "data" / "out").symlink_to(tmp_path / "data-secret")
    (tmp_path / "data" / "inner").symlink_to("deep")
    descriptor = os.open(tmp_path / "data", os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=[kernel_open, walk_open, open_beneath], ids=["openat2", "walk", "best"])
def opener(request: pytest.FixtureRequest, folder: int) -> Opener:
    if request.param is kernel_open:
        try:
            os.close(kernel_open(folder, ("deep",), os.O_RDONLY))
        except OSError:
            pytest.skip("this kernel has no openat2")
    return request.param  # type: ignore[no-any-return]


def test_open_reads_a_file_below(opener: Opener, folder: int) -> None:
    with os.fdopen(opener(folder, ("deep", "file"), os.O_RDONLY, 0)) as stream:
        assert stream.read() == "content"


def test_open_creates_with_the_mode_given(opener: Opener, folder: int, tmp_path: Path) -> None:
    os.close(opener(folder, ("deep", "new"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    assert (tmp_path / "data" / "deep" / "new").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "parts",
    [
        ("link",),
        ("out", "canary"),
        ("inner", "file"),
        ("out",),
        ("..", "data-secret", "canary"),
        ("deep", "..", "deep", "file"),
        ("../data-secret/canary",),
        ("deep", ".", "file"),
        ("", "etc", "passwd"),
        ("/etc/passwd",),
        ("deep", "file\x00x"),
        ("deep", "file", "below"),
        ("absent",),
    ],
)
def test_open_refuses_what_leads_elsewhere(opener: Opener, folder: int, parts: tuple[str, ...]) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - which of them depends on the kernel
        os.close(opener(folder, parts, os.O_RDONLY, 0))


def test_open_refuses_to_create_through_a_link(opener: Opener, folder: int, tmp_path: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - as above
        os.close(opener(folder, ("out", "planted"), os.O_WRONLY | os.O_CREAT, 0o600))
    assert os.listdir(tmp_path / "data-secret") == ["canary"]


def test_open_leaves_no_descriptor_behind(opener: Opener, folder: int) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for parts in [("deep", "file"), ("out", "canary"), ("deep", "file", "below"), ("absent", "x")]:
        try:
            os.close(opener(folder, parts, os.O_RDONLY, 0))
        except OSError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before
