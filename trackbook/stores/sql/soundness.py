"""What a SQLite file can tell of itself: whether it is whole, what its tables take, which pages nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from trackbook.stores.sql.engine import Database

__all__ = ["give_back_pages", "integrity_faults", "sizes_of_tables"]

_FAULTS_SHOWN = 100
_PAGES = 2_000  # given back in one transaction


def integrity_faults(database: Database) -> Iterator[str]:
    """What SQLite finds wrong with the file and with references between its tables; nothing for a server's database."""
    if not _is_sqlite(database):
        return
    with database.read() as connection:
        checked = connection.execute(f"PRAGMA integrity_check({_FAULTS_SHOWN})")
        wrong: dict[tuple[str, str], int] = {}
        for table, _, parent, _ in connection.execute("PRAGMA foreign_key_check"):
            wrong[table, parent] = wrong.get((table, parent), 0) + 1
    yield from (str(text) for (text,) in checked if text != "ok")
    for (table, parent), count in sorted(wrong.items()):
        yield f"{count} rows of {table} belong to rows of {parent} that do not exist"


def give_back_pages(database: Database) -> None:
    """Cut pages that nothing uses off the file, a piece at a time, so that nobody waits long."""
    if not _is_sqlite(database) or database.in_memory:
        return
    free = _free_pages(database)
    while free:
        with database.write() as connection:
            connection.execute(f"PRAGMA incremental_vacuum({_PAGES})")
        before, free = free, _free_pages(database)
        if free >= before:  # a file that was not made by us cannot give pages back this way
            break
    database.checkpoint()


def sizes_of_tables(database: Database) -> dict[str, int]:
    """Bytes by table, indexes included, as far as this SQLite tells; its free pages as "free pages"."""
    if not _is_sqlite(database):
        return {}
    with database.read() as connection:
        ((page,),) = connection.execute("PRAGMA page_size")
        ((free,),) = connection.execute("PRAGMA freelist_count")
        ((pages,),) = connection.execute("PRAGMA page_count")
        if ("ENABLE_DBSTAT_VTAB",) not in connection.execute("PRAGMA compile_options"):
            return {"tables": page * (pages - free), "free pages": page * free}
        rows = connection.execute(
            "SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) FROM dbstat s LEFT JOIN sqlite_master m "
            "ON m.name = s.name GROUP BY 1"
        )
    sizes = {str(name): int(size) for name, size in rows}
    return sizes | {"free pages": page * free}


def _free_pages(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute("PRAGMA freelist_count")[0][0])


def _is_sqlite(database: Database) -> bool:
    return database.uri.kind in ("sqlite", "memory")
