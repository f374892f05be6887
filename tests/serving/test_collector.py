"""The collector of cycles around a server's start."""

from __future__ import annotations

import gc

from trackbook.serving.collector import go_on, paused


def test_collector_rests_until_the_model_is_loaded() -> None:
    with paused():
        assert not gc.isenabled()
        go_on()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    gc.unfreeze()
    assert gc.isenabled()


def test_collector_is_on_again_after_a_start_that_failed() -> None:
    try:
        with paused():
            raise ValueError
    except ValueError:
        assert gc.isenabled()
