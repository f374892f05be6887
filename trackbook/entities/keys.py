"""The rules for names and values: what a key, a param, a tag, an alias or an id may be, and the text that is stored."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from trackbook.errors import InvalidParameter

__all__ = [
    "INT64_MAX",
    "INT64_MIN",
    "MAX_VALUE_BYTES",
    "NOT_IN_MODEL_NAMES",
    "check_alias",
    "check_description",
    "check_experiment_id",
    "check_experiment_name",
    "check_int64",
    "check_key",
    "check_model_id",
    "check_model_name",
    "check_pairs",
    "check_registered_name",
    "check_registry_tag",
    "check_registry_tags",
    "check_run_id",
    "check_run_name",
    "check_text",
    "check_value",
    "check_version",
    "check_view_name",
]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MAX_KEY_CHARACTERS = 250
MAX_VALUE_BYTES = 65_536
MAX_EXPERIMENT_NAME = MAX_RUN_NAME = MAX_MODEL_NAME = 500
MAX_VIEW_NAME = 200

#: What no name of a logged model has: it stands in addresses.
NOT_IN_MODEL_NAMES = "/:.%\"'"
# Besides word characters: MLflow's punctuation. Marks and emoji are admitted by their Unicode category below.
_PUNCTUATION = frozenset("/_.- :")
_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "So", "Sk", "Cf", "Pc"})
# A joiner or a variation selector may stand inside an emoji; a direction override may hide a name.
_CONTROLS_OF_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_\- ]*(?:[/.][A-Za-z0-9_\- ]+)*")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w-]{0,255}", re.ASCII)
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}", re.ASCII)
_EXPERIMENT_ID = re.compile(r"[0-9]{1,18}", re.ASCII)

# of a registry
MAX_NAME, MAX_ALIAS, MAX_TEXT = 256, 255, 100_000
_ALIAS = re.compile(rf"[\w-]{{1,{MAX_ALIAS}}}")
_LIKE_A_VERSION = re.compile(r"latest|v[0-9]+", re.IGNORECASE)
_VERSION = re.compile(r"[0-9]{1,10}", re.ASCII)
_LAST_VERSION = 2**31 - 1


def check_key(kind: str, key: object) -> str:
    """The key as it is stored (Unicode NFC).

    Args:
        kind: ``metric``, ``param`` or ``tag``, for the message.
        key: letters, digits and marks of any script, emoji, and ``_ - . space : /``; at most 250 characters;
            with slashes it must read like a tidy relative path.

    Raises:
        InvalidParameter: it is not text, empty, too long or has a character that is not allowed.
    """
    if not isinstance(key, str):
        raise InvalidParameter(f"A {kind} key is text, not {_a(key)}: {key!r:.80}.")
    if len(key) <= MAX_KEY_CHARACTERS and _PLAIN_KEY.fullmatch(key):
        return key
    key = unicodedata.normalize("NFC", key)
    if not key or len(key) > MAX_KEY_CHARACTERS:
        raise InvalidParameter(
            f"A {kind} key has 1 to {MAX_KEY_CHARACTERS} characters; {key[:40]!r} has {len(key)}. Use a shorter key."
        )
    for position, character in enumerate(key, 1):
        if not _allowed(character):
            raise InvalidParameter(
                f"Character {position} of the {kind} key {key!r} is {character!r}; "
                "a key has letters, digits, emoji, spaces and _ - . : / only. Replace it."
            )
    if key == "." or key.startswith(("/", "..")) or posixpath.normpath(key) != key:
        raise InvalidParameter(
            f"The {kind} key {key!r} does not read like a tidy relative path "
            "(no leading or trailing slash, no empty, '.' or '..' part). Write it as 'a/b'."
        )
    return key


def _allowed(character: str) -> bool:
    if character in _PUNCTUATION:
        return True
    return unicodedata.category(character) in _CATEGORIES and character not in _CONTROLS_OF_DIRECTION


def check_text(thing: str, value: object) -> str:
    """Any value as the text that is stored: ``str(value)``, which must be valid Unicode without NUL."""
    text = value if type(value) is str else str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidParameter(f"{thing} has a lone surrogate, which no database can store: {text!r:.80}.") from None
    if "\x00" in text:
        raise InvalidParameter(f"{thing} has a NUL character, which not every database can store: {text!r:.80}.")
    return text


def check_value(kind: str, key: str, value: object) -> str:
    """The value of a param or tag as text of at most 64 KiB in UTF-8; never cut.

    Raises:
        InvalidParameter: it is longer, and the message gives key, length and limit.
    """
    text = check_text(f"The value of {kind} {key!r}", value)
    if len(text) > MAX_VALUE_BYTES // 4 and len(text.encode()) > MAX_VALUE_BYTES:
        raise InvalidParameter(
            f"The value of {kind} {key!r} has {len(text.encode())} bytes, and the limit is {MAX_VALUE_BYTES}. "
            "Values are never cut: log long texts as artifacts, with log_text."
        )
    return text


def check_experiment_name(name: object) -> str:
    """An experiment's name: 1 to 500 characters that are not all blank."""
    if not isinstance(name, str):
        raise InvalidParameter(f"An experiment's name is text, not {_a(name)}: {name!r:.80}.")
    check_text("The experiment's name", name)
    if not name.strip() or len(name) > MAX_EXPERIMENT_NAME:
        raise InvalidParameter(
            f"An experiment's name has 1 to {MAX_EXPERIMENT_NAME} characters and is not blank; "
            f"{name[:40]!r} has {len(name)}."
        )
    return unicodedata.normalize("NFC", name)


def check_run_name(name: object) -> str:
    """A run's name: text of 1 to 500 characters."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_RUN_NAME:
        raise InvalidParameter(
            f"A run's name is text of 1 to {MAX_RUN_NAME} characters, not {_a(name)}: {name!r:.80}. "
            "Put a longer text into its description or a tag."
        )
    return unicodedata.normalize("NFC", check_text("The name of a run", name))


def check_pairs(thing: str, pairs: object) -> list[tuple[Any, Any]]:
    """The keys and values of a dict; `thing` names them in the message, such as ``Tags``."""
    if not isinstance(pairs, Mapping):
        raise InvalidParameter(f"{thing} are a dict of keys and values, not {_a(pairs)}: {pairs!r:.80}.")
    return list(pairs.items())


def check_run_id(run_id: object) -> str:
    """A run id: a letter or digit, then up to 255 letters, digits, ``_`` and ``-``."""
    if not isinstance(run_id, str) or not _RUN_ID.fullmatch(run_id):
        raise InvalidParameter(
            f"{run_id!r:.80} is no run id; one is 32 hexadecimal digits, as info.run_id of a run gives it."
        )
    return run_id


def check_model_id(model_id: object) -> str:
    """The id of a logged model: ``m-`` and 32 lower-case hexadecimal digits."""
    if not isinstance(model_id, str) or not _MODEL_ID.fullmatch(model_id):
        raise InvalidParameter(
            f"{model_id!r:.80} is no id of a logged model; one is 'm-' and 32 hexadecimal digits, as model_id of a "
            "LoggedModel gives it."
        )
    return model_id


def check_model_name(name: object) -> str:
    """The name of a logged model: one line of 1 to 500 characters without any of ``/ : . % " '``."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_MODEL_NAME or not name.isprintable() or not name.strip():
        raise InvalidParameter(
            f"The name of a logged model is one line of text with 1 to {MAX_MODEL_NAME} characters, not {_a(name)}: "
            f"{name!r:.80}."
        )
    bad = next((character for character in name if character in NOT_IN_MODEL_NAMES), None)
    if bad is not None:
        raise InvalidParameter(
            f"The name of a logged model, {name!r:.80}, has the character {bad!r}; it stands in addresses, so "
            "/ : . % \" and ' are not allowed. Replace it."
        )
    return unicodedata.normalize("NFC", check_text("The name of a logged model", name))


def check_experiment_id(experiment_id: object) -> str:
    """An experiment id: a decimal number as text (an int is taken too)."""
    text = str(experiment_id) if isinstance(experiment_id, (int, str)) and experiment_id is not True else ""
    if not _EXPERIMENT_ID.fullmatch(text):
        raise InvalidParameter(
            f"{experiment_id!r:.80} is no experiment id; one is a number such as '1'. "
            "To use a name, pass it as the experiment's name."
        )
    return text


def check_int64(thing: str, value: object) -> int:
    """A whole number within int64.

    Raises:
        InvalidParameter: it is not whole, or out of range.
    """
    try:
        number = int(value)  # type: ignore[call-overload]
        whole = number == value
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise InvalidParameter(f"{thing} is a whole number, not {_a(value)}: {value!r:.80}.")
    if not INT64_MIN <= number <= INT64_MAX:
        raise InvalidParameter(f"{thing} is {number}; it must fit into 64 bits ({INT64_MIN} to {INT64_MAX}).")
    return int(number)


def _a(value: object) -> str:
    return f"a value of type {type(value).__name__}"


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


def check_view_name(name: object) -> str:
    """The name of a saved view as it is stored (Unicode NFC).

    Raises:
        InvalidParameter: it is no text, blank, longer than 200 characters, or has what nobody can see.
    """
    if not isinstance(name, str):
        raise InvalidParameter(f"A view's name is text, not {_a(name)}: {name!r:.80}.")
    name = unicodedata.normalize("NFC", name)
    if not name.strip() or len(name) > MAX_VIEW_NAME:
        raise InvalidParameter(
            f"A view's name has 1 to {MAX_VIEW_NAME} characters and is not blank; {name[:40]!r} has {len(name)}."
        )
    if not name.isprintable():
        raise InvalidParameter(f"The view's name {name[:80]!r} has a character that nobody can see.")
    return name
