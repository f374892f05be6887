"""Write the pages in docs/reference from the docstrings: ``python docs/make_reference.py``.

With ``--check`` nothing is written; pages that differ from the docstrings are named, and the exit code is 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import griffe

DOCS = Path(__file__).resolve().parent
FOLDER = DOCS / "reference"
WIDTH = 100
HEAD = "<!-- Made by docs/make_reference.py from the docstrings: change those. -->\n\n"


class Page(NamedTuple):
    """A page of the reference: the names that a module gives to who imports it."""

    file: str
    module: str
    about: str


PAGES = (
    Page("trackbook.md", "trackbook", "Runs, what is logged to them, searches and experiments: MLflow's functions."),
    Page(
        "client.md", "trackbook.client", "A store by explicit ids: `trackbook.Client`, also `trackbook.MlflowClient`."
    ),
    Page("entities.md", "trackbook.entities", "What calls return: experiments, runs, metrics, params, tags, files."),
    Page("artifacts.md", "trackbook.artifacts", "Files of runs by their address."),
    Page("data.md", "trackbook.data", "Data sets, as what a run has read."),
    Page("pyfunc.md", "trackbook.pyfunc", "Any model behind one predict, and any Python code as a model."),
    Page("types.md", "trackbook.types", "What the columns and params of a signature hold."),
    Page("exceptions.md", "trackbook.exceptions", "Every error that is raised on purpose."),
)
#: Names of `trackbook` that have their place on another page.
ELSEWHERE = {"Client": "client.md", "MlflowClient": "client.md", "MlflowException": "exceptions.md"}


def load() -> griffe.Module:
    """The package as its source has it, without importing it."""
    options = {"returns_named_value": False, "warnings": False}
    loaded = griffe.load(
        "trackbook",
        search_paths=[DOCS.parent],
        docstring_parser="google",
        docstring_options=options,
        allow_inspection=False,
    )
    assert isinstance(loaded, griffe.Module)
    return loaded


def pages() -> dict[str, str]:
    """File name -> text, of every page."""
    package = load()
    there = [page for page in PAGES if page.module == "trackbook" or page.module.split(".")[1] in package.members]
    rows = "".join(f"| [`{page.module}`]({page.file}) | {page.about} |\n" for page in there)
    index = f"{HEAD}# Reference\n\n| module | what is in it |\n|---|---|\n{rows}\nBy task: [In Python](../python.md).\n"
    return {"index.md": index} | {page.file: page_text(page, package, there) for page in there}


def page_text(page: Page, package: griffe.Module, there: Iterable[Page]) -> str:
    """A page: what its module is, then its names in alphabetical order."""
    module = module_of(page, package)
    parts = [f"{HEAD}# `{page.module}`\n\n{page.about}\n"]
    modules = {other.module.rpartition(".")[2]: other.file for other in there}
    for name in names_of(module):
        elsewhere = ELSEWHERE.get(name, modules.get(name)) if page.module == "trackbook" else None
        if elsewhere:
            anchor = f"#{name.lower()}" if name in ELSEWHERE else ""
            parts.append(f"## {name}\n\nSee [`{page.module}.{name}`]({elsewhere}{anchor}).\n")
        else:
            parts.append(f"## {name}\n\n{described(name, followed(module[name]))}")
    return "\n".join(parts).rstrip() + "\n"


def module_of(page: Page, package: griffe.Module) -> griffe.Module:
    module = package if page.module == "trackbook" else package[page.module.split(".", 1)[1]]
    assert isinstance(module, griffe.Module)
    return module


def names_of(module: griffe.Module) -> list[str]:
    """What is in a module's ``__all__``."""
    return sorted(str(getattr(name, "name", name)) for name in module.exports or ())


def followed(found: Any) -> Any:
    """What a name that was imported stands for."""
    return found.final_target if isinstance(found, griffe.Alias) else found


def described(name: str, thing: Any) -> str:
    """What stands below the heading of a name."""
    if isinstance(thing, griffe.Function):
        return f"{fenced(signature(name, thing))}\n{sections(thing)}"
    if isinstance(thing, griffe.Class):
        return class_text(name, thing)
    if isinstance(thing, griffe.Attribute) and str(thing.value).isidentifier():
        return f"Another name of [`{thing.value}`](#{str(thing.value).lower()}).\n"
    if isinstance(thing, griffe.Attribute):
        return fenced(f"{name} = {thing.value}")
    return sections(thing)


def class_text(name: str, thing: griffe.Class) -> str:
    """A class: how it is made, what it is, then its public methods and properties."""
    made = f"class {name}" if thing.parameters is None else signature(f"class {name}", thing)
    bases = [str(base) for base in thing.bases if thing.module.name == "errors"]
    parts = [fenced(made)]
    if bases:
        parts.append(f"A kind of {' and '.join(f'`{base}`' for base in bases)}.\n")
    parts.append(sections(thing))
    # a base that is an error has its own heading; the bases of others are not public
    members = thing.members if thing.module.name == "errors" else thing.all_members
    for own, found in sorted(((each, followed(member)) for each, member in members.items()), key=itemgetter(0)):
        if own.startswith("_"):
            continue
        if isinstance(found, griffe.Function):
            parts.append(f"### {name}.{own}\n\n{fenced(signature(own, found))}\n{sections(found)}")
        elif isinstance(found, griffe.Attribute) and "property" in found.labels:
            parts.append(f"### {name}.{own}\n\n{fenced(f'{own}: {found.annotation}')}\n{sections(found)}")
    return "\n".join(parts)


def fenced(code: str) -> str:
    return f"```python\n{code}\n```\n"


def signature(name: str, thing: griffe.Function | griffe.Class) -> str:
    """How something is called: on one line if it fits, else with one argument a line."""
    given = [str(each) for each in arguments(thing.parameters)]
    returns = getattr(thing, "returns", None)
    end = f" -> {returns}" if returns is not None else ""
    line = f"{name}({', '.join(given)}){end}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {each}," for each in given), f"){end}"])


def arguments(parameters: Iterable[griffe.Parameter]) -> Iterable[str]:
    """Arguments as Python writes them, ``self`` left out."""
    starred = False
    for each in parameters:
        if each.name in ("self", "cls"):
            continue
        if each.kind is griffe.ParameterKind.keyword_only and not starred:
            starred = True
            yield "*"
        stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(each.kind, "")
        starred = starred or stars == "*"
        typed = f": {each.annotation}" if each.annotation is not None else ""
        equals = " = " if typed else "="
        default = f"{equals}{each.default}" if each.default is not None and not stars else ""
        yield f"{stars}{each.name}{typed}{default}"


def sections(thing: Any) -> str:
    """A docstring: its text, then its arguments, results and errors as lists."""
    if thing.docstring is None:
        return ""
    return "\n".join(section_text(section) for section in thing.docstring.parsed)


def section_text(section: Any) -> str:
    kind = section.kind
    if kind in (griffe.DocstringSectionKind.parameters, griffe.DocstringSectionKind.attributes):
        title = "Arguments" if kind is griffe.DocstringSectionKind.parameters else "Attributes"
        return listed(title, [(each.name, each.description) for each in section.value])
    if kind is griffe.DocstringSectionKind.raises:
        return listed("Raises", [(str(each.annotation), each.description) for each in section.value])
    if kind is griffe.DocstringSectionKind.returns:
        return f"**Returns** {' '.join(joined(each.description) for each in section.value)}\n"
    if kind is griffe.DocstringSectionKind.text:
        return f"{section.value}\n"
    raise ValueError(f"A docstring has a section {kind.value!r}, which the reference does not know: {section.value!r}")


def listed(title: str, rows: list[tuple[str, str]]) -> str:
    return f"**{title}**\n\n" + "".join(f"- `{name}`: {joined(text)}\n" for name, text in rows)


def joined(text: str) -> str:
    return " ".join(text.split())


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are not as they should be."""
    wanted = pages()
    found = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if "--check" in arguments:
        for name in wrong:
            print(f"docs/reference/{name} is not what the docstrings say: python docs/make_reference.py")
        return int(bool(wrong))
    FOLDER.mkdir(exist_ok=True)
    for name in wrong:
        if name in wanted:
            (FOLDER / name).write_text(wanted[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
