"""Every store of ours keeps the contracts."""

from __future__ import annotations

from trackbook.testing import StoreContract


class TestSqliteStores(StoreContract):
    """On a file and in memory, by the fixture `store`."""
