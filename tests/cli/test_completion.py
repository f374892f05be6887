"""What the Tab key offers."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trackbook.cli import main
from trackbook.entities import Metric
from trackbook.stores.base import NewRun, Store
from trackbook.testing.registry import new_version

Shell = Callable[..., Result]


def offered(line: str, shell: str = "bash") -> list[str]:
    """What a shell is told for a line whose last word is being typed."""
    words = line.split(" ")
    env = {"_TRACKBOOK_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    answer = CliRunner().invoke(main, prog_name="trackbook", env=env)
    assert answer.stderr == ""
    kinds = [text.partition(",") for text in answer.stdout.splitlines()]
    return [value for kind, _, value in kinds if kind == "plain"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_printed(shell: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "trackbook", "completion", shell], capture_output=True, text=True, check=True
    )
    assert f"_TRACKBOOK_COMPLETE={shell}_complete" in answer.stdout
    assert answer.stderr == ""


@pytest.mark.parametrize("line", ["trackbook runs se", "trackbook experiments cr", "trackbook --ver"])
def test_commands_and_options_are_offered(line: str) -> None:
    assert offered(line) in (["search", "set-tag"], ["create"], ["--version"])


def test_names_and_ids_are_offered(here: Store) -> None:
    here.create_experiment("digits")
    here.create_experiment("it's mine")
    assert offered("trackbook runs list -x ") == ["2", "1", "0"]
    assert offered("trackbook experiments get -n di") == ["digits"]
    assert offered("trackbook experiments get -n it") == ["'it'\"'\"'s mine'"]
    run = here.create_run(NewRun("1", "keen-heron", run_id="abcd" + "0" * 28)).info.run_id
    here.delete_run(here.create_run(NewRun("0", "gone", run_id="ef01" + "0" * 28)).info.run_id)
    assert offered("trackbook runs describe --run-id ab") == [run]
    assert len(offered("trackbook runs show ")) == 2
    assert offered("trackbook runs describe --run-id zz'") == []


def test_metrics_and_artifacts_of_the_run_on_the_line_are_offered(shell: Shell, here: Store) -> None:
    run = here.create_run(NewRun("0")).info.run_id
    here.log_batch(run, [Metric("loss", 1, 1, 0), Metric("acc", 1, 1, 0)])
    folder = Path("plots")
    folder.mkdir()
    (folder / "roc.csv").touch()
    shell("artifacts", "log-artifact", "-l", "plots", "-r", run)
    assert offered(f"trackbook runs history {run[:8]} l") == ["loss"]
    assert offered(f"trackbook artifacts download -r {run} -a p") == ["plots/"]
    assert offered(f"trackbook artifacts download -r {run} -a plots/") == ["plots/roc.csv"]
    assert offered("trackbook artifacts download -a p") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_hostile_name_is_not_offered(here: Store, shell: str) -> None:
    for name in ("x\nplain,evil", "\x1b[2J", "\u202ex"):
        here.create_experiment(name)
    here.create_run(NewRun("0", "a\nplain\nb", run_id="abcd" + "0" * 28))
    answer = offered("trackbook experiments get -n ", shell)
    assert [name for name in answer if "evil" in name or not name.isprintable()] == []
    assert len(offered("trackbook runs show ")) == 1


@pytest.mark.parametrize("line", ["trackbook runs show ", "trackbook experiments get -n ", "trackbook runs list -x "])
def test_tab_makes_no_store_and_says_nothing(line: str) -> None:
    assert offered(line) == []
    assert list(Path().iterdir()) == []
    Path("trackbook.db").write_text("no database, and long enough to be looked at as one " * 20)
    assert offered(line) == []
    assert [path.name for path in Path().iterdir()] == ["trackbook.db"]


def test_tab_looks_into_the_store_that_the_line_names(here: Store, tmp_path: Path) -> None:
    from trackbook.stores import open_store

    other = open_store(str(tmp_path / "other.db"))
    other.create_experiment("elsewhere")
    other.close()
    assert offered(f"trackbook experiments get --tracking-uri {tmp_path / 'other.db'} -n e") == ["elsewhere"]


def test_tab_is_quick(here: Store) -> None:
    for place in range(300):
        here.create_run(NewRun("0", f"run-{place}"))
    env = {
        **os.environ,
        "_TRACKBOOK_COMPLETE": "bash_complete",
        "COMP_WORDS": "trackbook runs show ",
        "COMP_CWORD": "3",
    }
    seconds = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sys.executable, "-m", "trackbook"], env=env, capture_output=True, check=True)
        seconds.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    assert min(seconds) < 2


def test_bash_completes_by_the_script(here: Store) -> None:
    here.create_experiment("it's mine")
    program = Path(sys.executable).with_name("trackbook")
    script = f"""
        PATH={program.parent}:$PATH
        eval "$(trackbook completion bash)"
        COMP_WORDS=(trackbook experiments get -n it) COMP_CWORD=4
        _trackbook_completion trackbook
        printf '%s\\n' "${{COMPREPLY[@]}}"
        complete -p trackbook
    """
    answer = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    first, second = answer.stdout.splitlines()
    assert first == "'it'\"'\"'s mine'"
    assert second.endswith("-F _trackbook_completion trackbook")


def test_registered_models_are_offered_with_their_versions_and_aliases(here: Store) -> None:
    for name in ("digits", "digits", "letters"):
        new_version(here, name)
    here.set_registered_model_alias("digits", "champion", 1)
    assert offered("trackbook models show d") == ["digits"]
    assert offered("trackbook models transition digits/") == ["digits/2", "digits/1"]
    assert offered("trackbook models copy digits@") == ["digits@champion"]
    assert offered("trackbook models show none/") == []
