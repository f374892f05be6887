"""The rules for what a registry keeps: names of models, aliases, version numbers, tags and descriptions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from trackbook.entities.keys import check_key, check_pairs, check_text
from trackbook.errors import InvalidParameter

__all__ = [
    "check_alias",
    "check_description",
    "check_registered_name",
    "check_registry_tag",
    "check_registry_tags",
    "check_version",
]

MAX_NAME, MAX_ALIAS, MAX_TEXT = 256, 255, 100_000
_ALIAS = re.compile(rf"[\w-]{{1,{MAX_ALIAS}}}")
_LIKE_A_VERSION = re.compile(r"latest|v[0-9]+", re.IGNORECASE)
_VERSION = re.compile(r"[0-9]{1,10}", re.ASCII)
_LAST_VERSION = 2**31 - 1


def check_registered_name(name: object) -> str:
    """The name of a registered model as it is stored (Unicode NFC).

    Raises:
        InvalidParameter: it is no text, blank, longer than 256 characters, or could not stand in ``models:/name/1``.
    """
    if not isinstance(name, str):
        raise InvalidParameter(f"A registered model's name is text, not a value of type {type(name).__name__}.")
    name = unicodedata.normalize("NFC", name)
    if not name.strip() or len(name) > MAX_NAME:
        raise InvalidParameter(
            f"A registered model's name has 1 to {MAX_NAME} characters and is not blank; {name[:40]!r} has {len(name)}."
        )
    if "/" in name or ":" in name or name in (".", ".."):
        raise InvalidParameter(
            f"The registered model's name {name[:80]!r} has no place in an address such as models:/name/1; "
            "use one without '/' and ':'."
        )
    if not name.isprintable():
        raise InvalidParameter(f"The registered model's name {name[:80]!r} has a character that nobody can see.")
    return name


def check_alias(alias: object) -> str:
    """An alias of a version as it is stored (Unicode NFC).

    Raises:
        InvalidParameter: it is no word of 1 to 255 letters, digits, ``_`` and ``-``, or means a version by itself.
    """
    text = unicodedata.normalize("NFC", alias) if isinstance(alias, str) else ""
    if not _ALIAS.fullmatch(text):
        raise InvalidParameter(
            f"{alias!r:.80} is no alias; one is a word such as 'champion' of 1 to {MAX_ALIAS} letters, digits, _ and -."
        )
    if _LIKE_A_VERSION.fullmatch(text):
        raise InvalidParameter(
            f"{text!r} is no alias: 'latest' and 'v' with a number could be taken for a version. Use another word."
        )
    return text


def check_version(version: object) -> int:
    """The number of a version, given as a number or as text.

    Raises:
        InvalidParameter: it is none.
    """
    text = str(version) if isinstance(version, (int, str)) and not isinstance(version, bool) else ""
    if not _VERSION.fullmatch(text) or not 1 <= int(text) <= _LAST_VERSION:
        raise InvalidParameter(f"{version!r:.80} is no version of a model; one is a number such as 1.")
    return int(text)


def check_description(description: object) -> str | None:
    """A description as it is stored; None for none.

    Raises:
        InvalidParameter: it is no text, or longer than 100,000 characters.
    """
    if description is None:
        return None
    if not isinstance(description, str):
        raise InvalidParameter(f"A description is text, not a value of type {type(description).__name__}.")
    if len(description) > MAX_TEXT:
        raise InvalidParameter(
            f"The description has {len(description)} characters, and the limit is {MAX_TEXT}. "
            "Log longer texts with log_text."
        )
    return check_text("The description", description)


def check_registry_tag(key: object, value: object) -> tuple[str, str]:
    """A tag of a registered model or version as it is stored.

    Raises:
        InvalidParameter: the key breaks the rules of keys, or the value has more than 100,000 characters.
    """
    checked = check_key("tag", key)
    text = check_text(f"The value of tag {checked!r}", value)
    if len(text) > MAX_TEXT:
        raise InvalidParameter(
            f"The value of tag {checked!r} has {len(text)} characters, and the limit is {MAX_TEXT}. "
            "Log longer texts with log_text."
        )
    return checked, text


def check_registry_tags(tags: Mapping[str, object] | None) -> dict[str, str]:
    """Tags of a registered model or version as they are stored; {} for None."""
    return dict(check_registry_tag(key, value) for key, value in check_pairs("Tags", {} if tags is None else tags))
