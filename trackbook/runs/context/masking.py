"""Secrets that people leave in code, masked: keys of services, assigned passwords, private keys, user-info in URLs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["MASK", "Masked", "masked"]

MASK = "***"

# Each pattern runs over text that anybody may have written, up to a megabyte in one line: no repetition inside a
# repetition, and what may begin anywhere begins with fixed letters or at the edge of a word, so that time is linear.
_SPACE = r"[ \t]{0,20}"
_NAMES = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|secret[_-]?key|account[_-]?key|private[_-]?key|"
    # what language models call tokens is code: pad_token, eos_token ...
    r"(?<!pad_)(?<!eos_)(?<!bos_)(?<!sep_)(?<!cls_)(?<!mask_)(?<!unk_)(?<!start_)(?<!end_)(?<!special_)token|"
    r"credentials?)"
)
#: What an unquoted value cannot be: a call or an item, which is code, and words that hold nothing.
_NO_CODE = r"(?![A-Za-z_][\w.]{0,200}[(\[])(?!(?:None|null|nil|True|False|true|false)\b)"
#: What code compares with a quoted text is as secret as what it assigns; `token == other` is code.
_COMPARED = rf"[!=]==?(?={_SPACE}[bfruBFRU]{{0,2}}[\"'])"

_SERVICE_KEYS = re.compile(
    r"\b(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{16,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[\w-]{16,255}"
    r"|sk-[\w-]{16,255}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}"
    r"|tb_[\w-]{20,255}|hf_[A-Za-z0-9]{20,255}|npm_[A-Za-z0-9]{20,255}|pypi-[\w-]{20,255}|dapi[0-9a-f]{32}"
    r"|xox[abeoprs]-[\w-]{10,255}|AIza[\w-]{35}|ya29\.[\w-]{20,255}"
    r"|eyJ[\w-]{10,4000}\.[\w-]{10,4000}\.[\w-]{10,4000}"
    r")(?![A-Za-z0-9])"
)
_ASSIGNED = re.compile(
    rf"({_NAMES}[\"']?\]?{_SPACE}(?::{_SPACE}[A-Za-z][\w.]{{0,40}}{_SPACE}=|:=|=>|{_COMPARED}|[:=]){_SPACE}"
    r"[bfruBFRU]{0,2})"
    rf"(?:(\"\"\"|'''|\"|')((?:\\.|(?!\2)[^\\\n]){{1,5000}})|({_NO_CODE}(?!=+(?:\s|$))[^\s\"'`,;#(){{}}\[\]<>]{{1,5000}}))",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(r"\b((?:Bearer|Basic)[ \t]{1,20})(?=[\w.~+/=-]{0,40}\d)[\w.~+/=-]{12,5000}", re.IGNORECASE)
_OPTION = re.compile(rf"(--?{_NAMES}[ \t]{{1,20}})(?![-=])[^\s\"']{{1,5000}}", re.IGNORECASE)
_USER_INFO = re.compile(r"(?<=://)[^\s/?#\"'<>`@]{0,2000}(?:@[^\s/?#\"'<>`@]{0,2000}){0,5}@")
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}-----")
_BODY_OF_KEY = re.compile(r"([+\- ]?[ \t\"']{0,40})[A-Za-z0-9+/]{60,80}={0,2}((?:\\n)?[\"']?,?\\?)$")


class Masked(NamedTuple):
    """Text without its secrets.

    Attributes:
        text: with `MASK` in their place.
        places: how many there were.
    """

    text: str
    places: int


def masked(text: str) -> Masked:
    """Mask what looks like a secret. Nobody can know them all: it is a net; the docs list what it catches."""
    lines, count, inside = [], 0, False
    for given in text.split("\n"):
        line, inside, found = _without_key(given, inside)
        count += found
        low = line.lower()
        if any(hint in low for hint in _HINTS):
            for pattern, replacement in _PATTERNS:  # line by line: while a pattern runs, no other thread does
                line, found = pattern.subn(replacement, line)
                count += found
        lines.append(line)
    return Masked("\n".join(lines), count)


def _assignment(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2] or ''}{MASK}"


_PATTERNS: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (_USER_INFO, MASK + "@"),
    (_SERVICE_KEYS, MASK),
    (_AUTHORIZATION, rf"\1{MASK}"),
    (_ASSIGNED, _assignment),
    (_OPTION, rf"\1{MASK}"),
]
#: What a line has in small letters if a pattern finds anything in it: quicker to look for.
_HINTS = (
    "passw", "passphrase", "pwd", "secret", "key", "token", "credential", "@", "bearer", "basic", "akia", "asia",
    "abia", "acca", "aroa", "aida", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-", "sk_",
    "rk_", "pk_", "tb_", "hf_", "npm_", "pypi-", "dapi", "xox", "aiza", "ya29.", "eyj",
)  # fmt: skip


def _without_key(line: str, inside: bool) -> tuple[str, bool, int]:
    """A line without its part of a private key, whether the next one is inside the key, and how many keys began.

    A line that can be nothing but the body of a key is masked too: a hunk may show the middle of one.
    """
    begins, ends = _KEY_BEGINS.search(line), _KEY_ENDS.search(line)
    if begins:
        return line[: begins.end()] + MASK + (line[ends.start() :] if ends else ""), not ends, 1
    if ends or (inside and line.startswith(("diff --git ", "@@ "))):
        return line, False, 0
    if inside:
        return (line[:1] if line[:1] in "+- " else "") + MASK, True, 0
    found = _BODY_OF_KEY.match(line)
    return (f"{found[1]}{MASK}{found[2]}", False, 1) if found else (line, False, 0)
