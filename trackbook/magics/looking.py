"""The line magics that show: a table of runs, a run with its curves, and the other panels below the cell."""

from __future__ import annotations

from collections.abc import Sequence

from IPython.core.magic import Magics, magics_class

from trackbook.entities import Run
from trackbook.errors import NotFound
from trackbook.magics.arguments import line_verb, option, parse
from trackbook.magics.formatters import run_html, run_text
from trackbook.magics.words import RUNS_LISTED, show
from trackbook.runs.active import current_run
from trackbook.runs.fluent import last_active_run
from trackbook.runs.lookup import find_run
from trackbook.runs.session import current_store
from trackbook.stores.base import Store

__all__ = ["LookingMagics"]

_EXPERIMENT = option(
    "-e", "--experiment", action="append", help="Of this experiment; repeatable. The chosen one if left out."
)


@magics_class
class LookingMagics(Magics):
    """`%track_runs` and its siblings; each calls a function of `trackbook.panels`."""

    @line_verb(
        option("filter", nargs="*", help="Such as: metrics.accuracy > 0.9 and params.lr = '0.1'"),
        _EXPERIMENT,
        option("--last", type=int, metavar="N", help="Only the N newest runs."),
    )
    def track_runs(self, line: str) -> None:
        """Show a table of runs, as in %track_runs metrics.accuracy > 0.9 --last 20."""
        from trackbook import panels

        given = parse(self.track_runs, line, keep_quotes=True)
        show(panels.runs(_joined(given.filter), _unquoted_all(given.experiment), given.last))

    @line_verb(
        option("run", nargs="*", help="Id, beginning of the id, or name; the six newest runs if left out."),
        option("-e", "--experiment", action="append", help="Whose runs stand around; those of the runs if left out."),
        option("--view", default="table", help="table, scatter, contour, box or pareto."),
        option("--baseline", metavar="RUN", help="Which of them the others are compared with; the first if left out."),
        option("--all", action="store_true", help="Also rows in which no two runs differ."),
        option("--metric", help="What the charts are about."),
        option("--x", help="A param or metric, as is every column."),
        option("--y", help="The other axis."),
        option("--color", help="A third column as colour; of a contour, its height."),
        option("--size", help="A third column as size."),
        option("--by", help="The param whose values make the groups of a box plot."),
    )
    def track_compare(self, line: str) -> None:
        """Show runs side by side, as in %track_compare wide narrow --view scatter --x lr --y val_loss."""
        from trackbook import panels

        given = parse(self.track_compare, line)
        columns = {word: getattr(given, word) for word in ("x", "y", "color", "size", "by")}
        show(
            panels.compare(
                given.run,
                given.experiment,
                given.view,
                baseline=given.baseline,
                metric=given.metric,
                differs=not given.all,
                **columns,
            )
        )

    @line_verb(
        option("run", nargs="*", help="Id, beginning of the id, or name; the open or the last run if left out."),
        option("--metric", action="append", help="Show only the curve of this metric; repeatable."),
    )
    def track_show(self, line: str) -> None:
        """Show a run's card and its curves, which stay live while it runs; of several runs, their curves together."""
        from trackbook import panels

        given = parse(self.track_show, line)
        if len(given.run) > 1:
            show(panels.curves(given.run, given.metric))
        else:
            _show_run(*_run_to_show(*given.run), given.metric)

    @line_verb(
        option("run", nargs="*", help="Ids, beginnings of ids, or names; the newest of the experiment if left out."),
        option("--metric", action="append", help="Show a chart of this metric; repeatable. All of them if left out."),
        option("--x", choices=["step", "time", "relative"], default="step", help="What the curves lie along."),
        option("--x-metric", metavar="METRIC", help="Have them lie along a metric."),
        option("--smooth", type=float, default=0.0, metavar="WEIGHT", help="Smooth them: 0 to 0.99, as in 0.6."),
        option("--linear", action="store_true", help="No logarithmic axes."),
        option("--best", action="store_true", help="The best value so far."),
        option("--clip", action="store_true", help="Leave outliers outside the axes."),
        option("--by", metavar="GROUP", help="Mean and band of the runs with one params.NAME or tags.NAME."),
        option("--columns", type=int, choices=[1, 2, 3], help="Charts beside each other."),
    )
    def track_curves(self, line: str) -> None:
        """Show the curves of some runs in common charts, as in %track_curves wide narrow --metric loss --smooth 0.6."""
        from trackbook import panels
        from trackbook.widgets.curve_view import view_of

        given = parse(self.track_curves, line)
        show(panels.curves(given.run or None, given.metric, view=view_of(vars(given))))

    @line_verb(
        option("model", nargs="?", help="Name of a registered model; the first one if left out."),
        option("--version", type=int, metavar="N", help="The version to show; the newest if left out."),
    )
    def track_models(self, line: str) -> None:
        """Show registered models, as in %track_models digits --version 3: versions, promotion, audit trail."""
        from trackbook import panels

        given = parse(self.track_models, line)
        show(panels.models(given.model, given.version))

    @line_verb(option("-e", "--experiment", metavar="NAME", help="Begin with this experiment."))
    def track_dashboard(self, line: str) -> None:
        """Show the whole page of the store: experiments, saved views, and all panels in tabs."""
        from trackbook import panels

        given = parse(self.track_dashboard, line)
        show(panels.dashboard(experiment=given.experiment))

    @line_verb(option("name", nargs="+", help="Of the view, as the page lists it."))
    def track_view(self, line: str) -> None:
        """Show the page as it was saved by a name."""
        from trackbook import panels

        show(panels.view(" ".join(parse(self.track_view, line).name)))

    @line_verb(
        option("metric", nargs="?", help="Such as val_accuracy.max, .min or .last; the most telling one if left out."),
        option("--by", help="Params or tags that make the groups: family, or lr,depth. Every param but the seed."),
        option("--baseline", help="Name of the group that the others are tested against."),
        option(
            "--test", choices=["auto", "welch", "paired", "permutation"], help="auto pairs runs if all seeds match."
        ),
        option("--filter", help="Only these runs, in quotes: \"params.lr = '0.1'\"."),
        _EXPERIMENT,
    )
    def track_stats(self, line: str) -> None:
        """Show statistics over seeds, as in %track_stats val_accuracy.max --by family --baseline mlp-base."""
        from trackbook import panels

        given = parse(self.track_stats, line)
        how = {"test": given.test, "filter_string": given.filter}
        show(panels.statistics(given.metric, given.by, given.baseline, given.experiment, **how))

    @line_verb(
        option("run", nargs="*", help="Id, beginning of the id, or name; the open or the last run if left out."),
        option("--path", help="The file or folder that is shown at first."),
    )
    def track_artifacts(self, line: str) -> None:
        """Show the files of runs side by side, as in %track_artifacts first second --path plots/roc.png."""
        from trackbook import panels

        given = parse(self.track_artifacts, line)
        if len(given.run) == 1 and given.run[0].startswith("models:/"):
            show(panels.artifacts(path=given.path, model=given.run[0]))
        else:
            show(panels.artifacts(given.run or [_run_to_show()[1]], given.path))


def _show_run(store: Store, run: Run, keys: Sequence[str] | None = None) -> None:
    """Display a run's card and its curves, which follow it while it runs."""
    from trackbook.panels import known_metrics
    from trackbook.widgets.curves import CurvesPanel, LiveCurves

    run_id = run.info.run_id
    known = known_metrics(store, [run_id], keys)
    show({"text/html": run_html(run, store), "text/plain": run_text(run)}, raw=True)
    if not known:
        return
    live = run.info.status == "RUNNING" and not store.run_life(run_id).lost
    show(LiveCurves(store, run_id, keys) if live else CurvesPanel(store, [run_id], keys))


def _run_to_show(text: str | None = None) -> tuple[Store, Run]:
    if text is not None:
        store = current_store()
        return store, find_run(store, text, RUNS_LISTED)
    active = current_run()
    if active is not None:
        return active.store, active.store.get_run(active.info.run_id)
    last = last_active_run()
    if last is None:
        raise NotFound("No run has been started here yet. Name one: %track_show RUN. %track_runs lists them.")
    return current_store(), last


def _joined(words: Sequence[str]) -> str | None:
    """A filter as it was typed; a single word may stand in quotes of its own."""
    text = " ".join(words)
    return (_unquoted(text) if len(words) == 1 else text) or None


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _unquoted_all(texts: Sequence[str] | None) -> list[str]:
    return [_unquoted(text) for text in texts or ()]
