"""The uncommitted diff of a working tree: text only, at most 1 MiB, with the usual secrets masked."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import NamedTuple

from trackbook.runs.context.git import NO_SUBMODULES, Git, GitFacts
from trackbook.runs.context.masking import masked

__all__ = ["LARGEST", "uncommitted_diff"]

LARGEST = 1 << 20  # bytes of a diff
LARGEST_UNTRACKED = 64 << 10  # bytes of one file that git does not know
_MOST_UNTRACKED = 500  # files
_READ = 16 << 20  # bytes of git's answer
_LIST = 4 << 20
_NAMED = 20  # left-out files that the head names
#: Names under which secrets lie; such a file is left out whole, whatever is in it.
_SECRET_FILES = (
    ".env", ".env.*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.asc", "*.gpg",
    "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".netrc", "_netrc", ".pgpass", ".pypirc", ".npmrc", ".htpasswd",
    ".git-credentials", "credentials", "credentials.*", "secrets", "secrets.*", "*secret*.json",
    "service-account*.json", "kubeconfig",
)  # fmt: skip
#: Follow no link, and do not wait for who writes to a pipe.
_READ_ONLY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_PLAIN_PATH = re.compile(r"[\w./+@%=,:~ -]+", re.ASCII)


class _Section(NamedTuple):
    """The part of a diff that concerns one file; empty if it was left out for a reason."""

    path: str
    text: str
    reason: str = ""


def uncommitted_diff(git: Git, facts: GitFacts) -> bytes:
    """What differs from the commit, in a form that `git apply` takes; b"" if nothing does.

    Files that are binary, ignored or too large, and those whose names say that they hold secrets, are left out; the
    lines above the first file say so.

    Raises:
        NoAnswer: git did not say.
    """
    kept: list[str] = []
    left_out: list[str] = []
    size, secrets = 0, 0
    for section in _sections(git, facts):
        text, count = masked(section.text)
        length = len(_bytes(text))
        if section.reason or size + length > LARGEST - 4096:  # room for the head
            left_out.append(f"{section.path} ({section.reason or f'{length} bytes'})")
            continue
        kept.append(text)
        size += length
        secrets += count
    if not kept and not left_out:
        return b""
    return _bytes(_head(left_out, secrets) + "".join(kept))


def _head(left_out: list[str], secrets: int) -> str:
    lines = []
    if left_out:
        more = f" and {len(left_out) - _NAMED} more" if len(left_out) > _NAMED else ""
        names = ", ".join(name[:120] for name in left_out[:_NAMED])
        lines.append(f"# Left out: {names}{more}\n".replace("\r", "?"))
    if secrets:
        lines.append(
            f"# Masked: {secrets} {'place that looks' if secrets == 1 else 'places that look'} like a secret\n"
        )
    return "".join(lines)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _sections(git: Git, facts: GitFacts) -> Iterator[_Section]:
    yield from _changed(git, facts.commit or _empty_tree(git))
    if facts.untracked:
        yield from _untracked(git)


def _empty_tree(git: Git) -> str:
    """What to compare with before the first commit."""
    answer, _ = git.ask(["hash-object", "--no-filters", "-t", "tree", os.devnull], 256, False)
    return answer.decode().strip()


def _changed(git: Git, base: str) -> Iterator[_Section]:
    answer, whole = git.ask(
        ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--submodule=short", NO_SUBMODULES,
         "--src-prefix=a/", "--dst-prefix=b/", base],
        _READ,
    )  # fmt: skip
    parts = re.split(r"(?m)^(?=diff --git )", answer.decode("utf-8", "surrogateescape"))
    if not whole:
        yield _Section(f"what follows {len(answer)} bytes", "", "not read")
        parts = parts[:-1]
    for part in parts:
        if not part:
            continue
        path = part.partition("\n")[0].rpartition(" b/")[2].strip('"')
        if (
            re.search(r"(?m)^Binary files .* differ$", part[:4096] if len(part) > 4096 else part)
            and "\n@@ " not in part
        ):
            yield _Section(path, "", "binary or large")
        elif _holds_secrets(path):
            yield _Section(path, "", "may hold secrets")
        else:
            yield _Section(path, part if part.endswith("\n") else part + "\n")


def _untracked(git: Git) -> Iterator[_Section]:
    answer, whole = git.ask(["ls-files", "--others", "--exclude-standard", "-z"], _LIST)
    paths = [os.fsdecode(path) for path in answer.split(b"\0") if path]
    if not whole:
        paths = paths[:-1]
    for path in paths[:_MOST_UNTRACKED]:
        if _holds_secrets(path):
            yield _Section(path, "", "may hold secrets")
        else:
            yield _new_file(git.root, path)
    if len(paths) > _MOST_UNTRACKED or not whole:
        yield _Section(f"{len(paths) - _MOST_UNTRACKED} or more files that git does not know", "", "too many")


def _holds_secrets(path: str) -> bool:
    name = os.path.basename(path).lower()
    return any(fnmatch(name, pattern) for pattern in _SECRET_FILES)


def _new_file(root: str, path: str) -> _Section:
    """A file that git does not know, as a diff would show it once it is added."""
    try:
        descriptor = os.open(os.path.join(root, path), _READ_ONLY)
    except OSError:
        return _Section(path, "", "not readable")
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            return _Section(path, "", "no file")
        content = file.read(LARGEST_UNTRACKED + 1)
    if len(content) > LARGEST_UNTRACKED:
        return _Section(path, "", f"{about.st_size} bytes, and not known to git")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return _Section(path, "", "binary")
    if "\0" in text:
        return _Section(path, "", "binary")
    mode = "100755" if about.st_mode & 0o100 else "100644"
    return _Section(
        path, f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}\nnew file mode {mode}\n{_hunk(path, text)}"
    )


def _hunk(path: str, text: str) -> str:
    if not text:
        return ""
    lines = text.removesuffix("\n").split("\n")
    body = "".join(f"+{line}\n" for line in lines)
    unended = "" if text.endswith("\n") else "\\ No newline at end of file\n"
    tab = "\t" if " " in path else ""  # git's sign that a name with blanks ends here
    count = f"1,{len(lines)}" if len(lines) > 1 else "1"
    return f"--- /dev/null\n+++ {_quoted('b/' + path)}{tab}\n@@ -0,0 +{count} @@\n{body}{unended}"


def _quoted(path: str) -> str:
    """A path as git writes it in a diff: in quotes, with octal numbers, if anything in it is unusual."""
    if _PLAIN_PATH.fullmatch(path):
        return path
    codes = (chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in os.fsencode(path))
    return '"' + "".join(codes) + '"'
