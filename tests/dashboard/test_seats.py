"""How many may look at a page at once."""

from __future__ import annotations

import asyncio

from trackbook.dashboard.seats import SeatedKernels, Seats, full_page


class FewKernels(set[str]):
    """As much of a kernel manager as seats ask for."""

    _pools: dict[str, list[asyncio.Future[None]]]

    async def start_kernel(self, name: str) -> str:
        self.add(name)
        return name

    async def get_rendered_notebook(self, name: str) -> tuple[object, list[str], str]:
        return None, [], await self.start_kernel(name)


def test_those_who_wait_for_their_kernel_have_a_seat_too() -> None:
    seats, kernels = Seats(2), FewKernels()
    assert [seats.take(viewer, kernels) for viewer in ("a", "b", "c")] == [True, True, False]
    seats.leave("b")
    assert seats.take("c", kernels)


def test_a_seat_is_held_by_its_kernel_and_free_when_that_has_ended() -> None:
    seats, kernels = Seats(2), FewKernels()
    for viewer, start in (("a", "start_kernel"), ("b", "get_rendered_notebook")):
        assert seats.take(viewer, kernels)
        asyncio.run(getattr(SeatedKernels(kernels, seats, viewer), start)(name=viewer))
        seats.leave(viewer)
    assert seats.taken(kernels) == 2
    assert not seats.take("c", kernels)
    kernels.discard("a")
    assert seats.take("c", kernels)


def test_kernels_that_wait_for_a_viewer_take_no_seat() -> None:
    seats, kernels = Seats(1), FewKernels({"warm"})
    assert seats.take("a", kernels)


def test_kernel_that_is_yet_to_be_started_is_not_waited_for() -> None:
    async def sizes() -> list[int]:
        ready, later = asyncio.get_running_loop().create_future(), asyncio.get_running_loop().create_future()
        ready.set_result(None)
        kernels = FewKernels()
        found = [SeatedKernels(kernels, Seats(1), "a").get_pool_size("page")]
        for pool in ([ready, later], [later], []):
            kernels._pools = {"page": pool}
            found.append(SeatedKernels(kernels, Seats(1), "a").get_pool_size("page"))
        return found

    assert asyncio.run(sizes()) == [0, 2, 0, 0]


def test_zero_is_any_number() -> None:
    seats = Seats(0)
    assert all(seats.take(viewer, FewKernels()) for viewer in range(100))


def test_full_page_is_a_sentence_that_asks_no_other_host() -> None:
    assert "its 3 viewers" in full_page(3)
    assert "http" not in full_page(3)
