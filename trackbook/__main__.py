"""`python -m trackbook` is the command `trackbook`."""

from __future__ import annotations

from trackbook.cli import main

if __name__ == "__main__":
    main(prog_name="trackbook")
