"""What git says of a folder: commit, branch, remote, what is not committed. Nothing of the repository is executed."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from trackbook.runs.context.masking import masked
from trackbook.uris import strip_user_info

__all__ = ["NO_SUBMODULES", "Git", "GitFacts", "NoAnswer", "files_of_git", "find_repository", "shown_remote"]

SECONDS = 60.0  # for all questions of one taking together; a run that ends earlier waits less
_STATUS_BYTES = _CONFIG_BYTES = 4 << 20
_HASH = re.compile(r"[0-9a-f]{40,64}")
#: What git may know of its surroundings. GIT_* is left out: the folder of the code decides, not a hook's environment.
_ENVIRONMENT = ("PATH", "HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",  # the index is not ours to refresh
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone fetches what it lacks, by whatever its configuration names
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}
#: Settings by which a repository could run a program of its own, and some that would change how a diff looks.
_OVERRIDES = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.editor=false", "core.askPass=false",
    "core.sshCommand=false", "core.alternateRefsCommand=false", "credential.helper=", "protocol.allow=never",
    "submodule.recurse=false", "diff.external=", "core.bigFileThreshold=4m", "color.ui=false", "core.quotePath=true",
    "diff.noprefix=false", "diff.mnemonicPrefix=false", "gc.auto=0", "maintenance.auto=false",
)  # fmt: skip
#: A submodule is compared by its commit alone: to look inside, git would start another with that one's settings.
NO_SUBMODULES = "--ignore-submodules=dirty"


class NoAnswer(Exception):
    """Git is missing, failed, was stopped or took too long."""


class GitFacts(NamedTuple):
    """What git says.

    Attributes:
        commit: "" before the first.
        branch: "" where no branch is checked out.
        remote: URL without user-info; "" if there is none.
        dirty: whether anything that is not ignored differs from the commit, Trackbook's own files left out.
        untracked: whether there are files that git does not know.
    """

    commit: str
    branch: str
    remote: str
    dirty: bool
    untracked: bool


def find_repository(folder: str) -> str | None:
    """The nearest folder from here upwards that has a `.git`; None outside any repository, and in a bare one."""
    while True:
        if os.path.lexists(f"{folder}/.git"):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def files_of_git(root: str) -> list[str]:
    """The files that change with the commit, the branch, the remote and what is staged; [] if there are none."""
    own = f"{root}/.git"
    if os.path.isfile(own):  # a worktree or a submodule
        own = os.path.join(root, _first_line(own).removeprefix("gitdir:").strip())
    shared = os.path.join(own, _first_line(f"{own}/commondir") or ".")
    head = _first_line(f"{own}/HEAD")
    names = ["packed-refs", "config", *([head.removeprefix("ref:").strip()] if head.startswith("ref:") else [])]
    return [f"{own}/HEAD", f"{own}/index", *(os.path.join(shared, name) for name in names)]


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(4096).partition("\n")[0].replace("\0", "")
    except OSError:
        return ""


class Git:
    """Asks git about one working tree, without a shell and without running what its configuration names.

    Args:
        root: the top folder of the working tree.
        left_out: paths below it that do not count: Trackbook's own files.
        program: git; the one on the PATH if None.

    Raises:
        NoAnswer: there is no git.
    """

    def __init__(self, root: str, left_out: Sequence[str] = (), program: str | None = None) -> None:
        found = program or shutil.which("git")
        if found is None:
            raise NoAnswer("there is no git on the PATH")
        self._program, self.root = found, root
        self.pathspec = ["--", ":/", *(f":(top,exclude,literal){path}" for path in left_out)] if left_out else []
        self._filters: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._deadline = time.monotonic() + SECONDS

    def facts(self) -> GitFacts:
        """Commit, branch, remote and whether all is committed.

        Raises:
            NoAnswer: git did not say.
        """
        top, _ = self.ask(["rev-parse", "--show-toplevel"], 65_536, False)
        if os.path.realpath(os.fsdecode(top).removesuffix("\n")) != os.path.realpath(self.root):
            raise NoAnswer("the repository says that its files lie elsewhere")  # core.worktree may name any folder
        settings = self._settings()
        status, _ = self.ask(
            ["status", "--porcelain=v2", "--branch", "-z", "--untracked-files=normal", "--no-renames", NO_SUBMODULES],
            _STATUS_BYTES,
        )
        records = [os.fsdecode(record) for record in status.split(b"\0")]
        head = {key: value for key, _, value in (r[2:].partition(" ") for r in records if r.startswith("# "))}
        commit, branch = head.get("branch.oid", ""), head.get("branch.head", "")
        return GitFacts(
            commit=commit if _HASH.fullmatch(commit) else "",
            branch="" if branch == "(detached)" else branch,
            remote=shown_remote(_remote(settings, branch)),
            dirty=any(record[:2] in ("1 ", "2 ", "u ", "? ") for record in records),
            untracked=any(record.startswith("? ") for record in records),
        )

    def _settings(self) -> dict[str, str]:
        """The configuration; on the way, the filters that the repository itself defines are switched off."""
        answer, _ = self.ask(["config", "--list", "--show-scope", "-z"], _CONFIG_BYTES, False)
        parts = os.fsdecode(answer).split("\0")
        settings: dict[str, str] = {}
        for scope, setting in zip(parts[::2], parts[1::2], strict=False):
            key, _, value = setting.partition("\n")
            settings[key] = value
            section, _, name = key.rpartition(".")
            if section.startswith("filter.") and scope not in ("system", "global") and "=" not in section:
                self._filters += ["-c", f"{section}.{name}={'false' if name == 'required' else ''}"]
            elif section.startswith("filter.") and "=" in section:
                raise NoAnswer("the repository defines a filter with a strange name")
        return settings

    def ask(self, arguments: Sequence[str], limit: int, with_pathspec: bool = True) -> tuple[bytes, bool]:
        """Ask git one question.

        Args:
            arguments: the command and its options.
            limit: bytes after which the answer is cut.
            with_pathspec: whether the question is about files.

        Returns:
            the answer, and whether it is whole.

        Raises:
            NoAnswer: git failed, was stopped or took too long.
        """
        command = [self._program, "--no-pager"]
        for override in _OVERRIDES:
            command += ["-c", override]
        command += [*self._filters, *arguments, *(self.pathspec if with_pathspec else ())]
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _FIXED
        if not hasattr(os, "killpg"):  # on Windows, where a pipe cannot be waited for either
            raise NoAnswer("git is not asked on this system")
        try:
            process = subprocess.Popen(
                command, cwd=self.root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except (OSError, RuntimeError) as error:  # RuntimeError: the interpreter is ending
            raise NoAnswer(f"git cannot be started: {error}") from error
        self._process = process
        try:
            answer, whole = self._read(process, limit)
        except OSError as error:  # a platform whose pipes cannot be waited for
            raise NoAnswer(f"git cannot be read: {error}") from error
        finally:
            self._end(process)
        if self._stopped:
            raise NoAnswer("git was stopped")
        if whole and process.returncode:
            raise NoAnswer(f"git {arguments[0]} ended with {process.returncode}")
        return answer, whole

    def _read(self, process: subprocess.Popen[bytes], limit: int) -> tuple[bytes, bool]:
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not self._stopped:
                if not selector.select(max(0.0, self._deadline - time.monotonic())):
                    raise NoAnswer(f"git took longer than {SECONDS:.0f} s")
                piece = os.read(process.stdout.fileno(), 65_536)
                if not piece:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(1)
                    return bytes(answer), True
                answer += piece
                if len(answer) > limit:
                    return bytes(answer[:limit]), False
        return bytes(answer), False

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            _kill(process)
        process.wait()
        self._process = None
        if process.stdout is not None:
            process.stdout.close()

    def stop(self) -> None:
        """Have the question that another thread waits for fail now."""
        self._stopped = True
        process = self._process
        if process is not None and process.returncode is None:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    if not hasattr(os, "killpg"):
        process.kill()
        return
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)  # what git has started too


def _remote(settings: dict[str, str], branch: str) -> str:
    """The URL of the branch's remote, of `origin`, or of the only one."""
    for name in (settings.get(f"branch.{branch}.remote"), "origin"):
        if name and f"remote.{name}.url" in settings:
            return settings[f"remote.{name}.url"]
    urls = [value for key, value in settings.items() if key.startswith("remote.") and key.endswith(".url")]
    return urls[0] if len(urls) == 1 else ""


def shown_remote(url: str) -> str:
    """A remote as it may be stored: without user-info; ``git@host:path`` keeps its `git`, which names nobody."""
    if "://" in url:
        return masked(strip_user_info(url)).text
    user, found, rest = url.partition("@")
    if found and ":" in rest and "/" not in user and user != "git":
        url = rest
    return masked(url).text
