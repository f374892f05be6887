"""The commands of the shell, one module a group; what they do is in the modules below."""

from trackbook.cli.program import main

__all__ = ["main"]
