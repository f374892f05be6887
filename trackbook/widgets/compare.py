"""Runs side by side: their table with the differences marked, and how they stand among the other runs.

The rows, and the runs around as columns, are delivered beside the state, so a page has them while the kernel trains and
draws every chart but the contour without it. When runs around change, only the columns that did are sent
(``base`` names the version that they change); a page that has another version asks for all (``columns``).
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import traitlets

from trackbook.errors import NotFound, TrackbookError
from trackbook.figures.contour import contour_data
from trackbook.figures.drivers import drivers_data
from trackbook.stores.base import Store
from trackbook.uris import strip_user_info
from trackbook.widgets.assets import module, styles
from trackbook.widgets.compare_context import CONTEXT_ROWS, Surroundings, changed_columns
from trackbook.widgets.compare_files import RunFiles
from trackbook.widgets.compare_rows import Compared, read_compared, sections_of
from trackbook.widgets.compare_static import compare_picture, compare_table
from trackbook.widgets.compare_texts import difference
from trackbook.widgets.delivery import split_buffers
from trackbook.widgets.panel import Answer, Panel, answers
from trackbook.widgets.permission import Permission
from trackbook.widgets.runs_table import slots_of

__all__ = ["CHARTS", "COLUMN_WORDS", "MOST_RUNS", "ComparePanel"]

#: Columns side by side; as many as there are colours.
MOST_RUNS = 24
CHARTS = ("table", "scatter", "contour", "box", "pareto")
_PARTS = (
    "compare_data",
    "compare_words",
    "compare_table",
    "compare_frame",
    "compare_scatter",
    "compare_box",
    "compare_contour",
    "compare_brush",
    "compare_parallel",
    "compare_side",
    "compare_diff",
    "compare",
)
_ID_LETTERS = 12
_LISTED = 30
#: What the view may say of a chart, in the order in which the magic is written.
COLUMN_WORDS = ("x", "y", "color", "size", "by")
_CHOICES = (*COLUMN_WORDS, "metric")


class ComparePanel(Panel):
    """Some runs side by side, and around them the other runs of their experiments.

    Args:
        store: where the runs are.
        experiment_ids: whose runs are the context.
        run_ids: the runs to compare; the first is the baseline until another is chosen.
        slots: colour slot, 1 to 24, of each run; given out in order if None.
        permission: see `Panel`.
        view: see `Panel`; its words are ``chart`` (one of `CHARTS`), ``differs``, ``baseline``, ``x``, ``y``,
            ``color``, ``size``, ``by``, ``metric``, ``axes`` and ``brushes``.

    Attributes:
        selected: run ids, set when somebody has narrowed the parallel coordinates and says "Select these".
        slots: colour slot of each run that is compared.
    """

    _esm = module("shared", "ask", "floats", *_PARTS)
    _css = styles("shared", "floats", "compare", "compare_charts")
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)
    slots = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Int()).tag(sync=True)
    _runs = traitlets.List(traitlets.Dict()).tag(bulk=True)
    _sections = traitlets.List(traitlets.Dict()).tag(bulk=True)
    _around = traitlets.Dict().tag(bulk=True)
    _columns = traitlets.Dict().tag(bulk=True)
    _empty = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        store: Store,
        experiment_ids: Sequence[str],
        run_ids: Sequence[str],
        *,
        slots: Mapping[str, int] | None = None,
        permission: Permission | None = None,
        view: Mapping[str, Any] | None = None,
    ) -> None:
        self._experiment_ids = list(experiment_ids)
        self._view: Mapping[str, Any] = dict(view or {})
        self._asked: set[str] = set()
        self._given = list(dict.fromkeys(run_ids))
        self._files = RunFiles(store)
        self._compared, self._gone = read_compared(store, self._given[:MOST_RUNS])
        self._seen = self._surroundings(store)
        given = {key: slot for key, slot in (slots or {}).items() if key in self._given}
        state = self._state(store, str(self._view.get("metric") or ""))
        super().__init__(
            store, permission=permission, view=view, slots=slots_of(self._given[:MOST_RUNS], given), **state
        )
        self.observe(lambda _: self._look_around(), "view")

    # ---- what is shown ----

    def show(self, run_ids: Sequence[str], slots: Mapping[str, int] | None = None) -> None:
        """Compare other runs in the same panel; what was chosen stays chosen."""
        given = list(dict.fromkeys(run_ids))
        colours = slots_of(given[:MOST_RUNS], slots if slots is not None else self.slots)
        if given == self._given:
            self.slots = colours
            return
        self._given = given
        if self.selected != given:
            self.selected = []  # so that to select the same again later is news
        with self.hold_sync():
            self.slots = colours
            self.refresh()
        self.code = self.as_code()

    def refresh(self) -> None:
        """Read the store again; what has not changed is not sent."""
        self._compared, self._gone = read_compared(self._store, self._given[:MOST_RUNS])
        self._seen = self._surroundings(self._store)
        with self.hold_sync():
            for name, value in self._state(self._store, self._metric()).items():
                setattr(self, name, value)

    def _metric(self) -> str:
        return str(self.view.get("metric") or "")

    def _state(self, store: Store, metric: str) -> dict[str, Any]:
        around = self._described(metric)
        return {
            "_runs": [_head(one) for one in self._compared],
            "_sections": sections_of(self._compared),
            "_around": around,
            "_columns": self._seen.delivered(self._wanted(around["parallel"])),
            "_empty": self._nothing(store),
        }

    def _surroundings(self, store: Store) -> Surroundings:
        return Surroundings.read(store, self._experiment_ids, [one.run.info.run_id for one in self._compared])

    def _look_around(self) -> None:
        before, self._view = self._view, self.view
        if before.get("metric") == self._view.get("metric"):
            return
        self._around = self._described(self._metric())
        parallel = self._around["parallel"]
        if not set(parallel) <= {axis["id"] for axis in self._columns["axes"]}:
            self._columns = self._seen.delivered(self._wanted(parallel))

    def _described(self, metric: str) -> dict[str, Any]:
        """What the page must know before it asks for columns, and what is not shown."""
        seen = self._seen
        target = seen.target(metric)
        notes = []
        if len(self._given) > MOST_RUNS:
            notes.append(f"The first {MOST_RUNS} of {len(self._given)} runs are side by side.")
        if self._gone:
            notes.append(f"{self._gone} of the runs {'is' if self._gone == 1 else 'are'} no longer in the store.")
        if seen.total > len(seen.table.run_ids):
            notes.append(f"Around them: the newest {CONTEXT_ROWS:,} of {seen.total:,} runs.".replace(",", "\u202f"))
        return {
            "version": seen.version,
            "runs": len(seen.table.run_ids),
            "target": target,
            "parallel": seen.parallel(target),
            "columns": len(seen.ids()),
            "note": " ".join(notes),
        }

    def _nothing(self, store: Store) -> dict[str, Any]:
        """Where there is nothing to compare: what is so and what to do; {} else."""
        place = strip_user_info(store.uri)
        if not self._compared:
            title = "No runs are selected. Select two or more to compare them."
            return {"title": title, "code": "%track_compare RUN RUN", "store": place}
        if any(one.summaries or one.run.data.params for one in self._compared):
            return {}
        code = 'trackbook.log_param("lr", 0.01)\ntrackbook.log_metric("val_loss", 0.31, step=1)'
        title = "These runs have no metrics and no params yet. Log some, and they stand here side by side."
        return {"title": title, "code": code, "store": place}

    # ---- what the page asks ----

    @answers("columns")
    def send_columns(self, given: dict[str, Any]) -> Answer:
        """The runs around as columns, with some that were not sent yet."""
        self._asked |= {str(one) for one in (given.get("ids") or [])}
        told = self._seen.delivered(self._wanted(self._around["parallel"]))
        plain, _, buffers = split_buffers(told)
        return Answer(plain, buffers)

    def _wanted(self, parallel: Sequence[str]) -> list[str]:
        """The columns that a page needs in any case."""
        chosen = [str(self._view[name]) for name in COLUMN_WORDS if self._view.get(name)]
        return [*parallel, *map(self.column, chosen), *(self._view.get("axes") or []), *sorted(self._asked)]

    def _send_bulk(self, change: Any) -> None:
        before, now = change.get("old"), change.get("new")
        if change["name"] != "_columns" or not before or not now:
            super()._send_bulk(change)
            return
        value, paths, buffers = split_buffers(changed_columns(before, now))
        self.send({"type": "bulk", "name": "_columns", "value": value, "paths": paths}, buffers=buffers)

    @answers("packages")
    def send_packages(self, _given: dict[str, Any]) -> dict[str, Any]:
        """The section of packages, which lie in files."""
        return self._files.packages(self._compared)

    @answers("difference")
    def send_difference(self, given: dict[str, Any]) -> dict[str, Any]:
        """Two texts of two runs, line by line."""
        first, second = (self._text(str(given[name]), given) for name in ("a", "b"))
        return difference(first, second)

    @answers("drivers")
    def send_drivers(self, given: dict[str, Any]) -> dict[str, Any]:
        """Which params drive a metric."""
        key = self._seen.target(str(given.get("metric") or ""))
        target = self._seen.axis(f"metrics.{key}")
        if target is None:
            return {"note": "No metric has been logged yet."}
        axes = [self._seen.axis(f"params.{name}") for name in self._seen.table.params]
        data = drivers_data([axis for axis in axes if axis is not None], target, self._seen.finished())
        return data._asdict()

    @answers("contour")
    def send_contour(self, given: dict[str, Any]) -> dict[str, Any]:
        """One column over two others."""
        axes = [self._seen.axis(self.column(str(given.get(name) or ""))) for name in ("x", "y", "z")]
        if any(axis is None for axis in axes):
            raise NotFound("One of these columns is not in the store any more. Choose another.")
        return contour_data(*[axis for axis in axes if axis is not None])._asdict()

    def column(self, name: str) -> str:
        """The id of a column: itself, or a param or metric of that name, params first; unknown names stay."""
        if "." in name and self._seen.axis(name) is not None:
            return name
        if name == "duration":
            return "attributes.duration"
        found = [group for group in ("params", "metrics") if name in getattr(self._seen.table, group)]
        return f"{found[0]}.{name}" if found else name

    def check_columns(self, names: Sequence[str]) -> None:
        """See that there are these columns.

        Raises:
            NotFound: there is none of a name; says which there are.
        """
        for name in names:
            if self._seen.axis(self.column(name)) is None:
                known = ", ".join(each.partition(".")[2] for each in self._seen.ids()[:_LISTED])
                raise NotFound(
                    f"None of these runs has a param or metric {name.removeprefix('metrics.')!r}; there is {known}."
                )

    def _text(self, run_id: str, given: Mapping[str, Any]) -> str:
        run = next((one.run for one in self._compared if one.run.info.run_id == run_id), None)
        if run is None:
            raise NotFound("This run is not among those compared any more.")
        part, key = given.get("section"), str(given.get("key"))
        if part == "code":
            return self._files.changes(run) or ""
        if part not in ("params", "tags"):
            raise TrackbookError("Only params, tags and code have texts that are compared line by line.")
        return dict(run.data.params if part == "params" else run.data.tags).get(key, "")

    # ---- what it leaves behind ----

    def as_code(self) -> str:
        """The magic that shows this comparison."""
        view = self.view
        words = ["%track_compare", *(run_id[:_ID_LETTERS] for run_id in self._given[:MOST_RUNS])]
        homes = {one.run.info.experiment_id for one in self._compared}
        if homes != set(self._experiment_ids):
            words += [word for each in self._experiment_ids for word in ("-e", self._experiment_name(each))]
        if view.get("chart", "table") != "table":
            words += ["--view", str(view["chart"])]
        if view.get("baseline") in self._given[1:]:
            words += ["--baseline", str(view["baseline"])[:_ID_LETTERS]]
        if view.get("differs") is False:
            words.append("--all")
        for name in _CHOICES:
            if view.get(name):
                words += [f"--{name}", str(view[name])]
        return " ".join(_quoted(word) for word in words)

    def static_table(self) -> str:
        """The rows that differ as a plain HTML table."""
        return compare_table(self._runs, self._sections, str(self.view.get("baseline") or ""))

    def static_picture(self) -> str:
        """The parallel coordinates as an SVG of at most 30 kB."""
        return compare_picture(self._seen, self._around["parallel"], self.slots)

    def _experiment_name(self, experiment_id: str) -> str:
        try:
            return self._store.get_experiment(experiment_id).name
        except NotFound:
            return experiment_id

    def __repr__(self) -> str:
        return "Trackbook comparison"


def _head(one: Compared) -> dict[str, Any]:
    info = one.run.info
    return {"id": info.run_id, "name": one.name, "status": one.status, "start": info.start_time, "end": info.end_time}


def _quoted(word: str) -> str:
    """A word of a magic's line, which knows quotes but no escapes."""
    if word and word == shlex.quote(word):
        return word
    return f'"{word}"' if "'" in word else f"'{word}'"
