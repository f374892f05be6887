"""Cards of a run and of an experiment as plain HTML: no script, nothing fetched, every logged text escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from trackbook.entities import Attempt, Experiment, Run
from trackbook.figures.direction import better, wants_log
from trackbook.figures.numbers import column_format, duration
from trackbook.figures.sparkline import sparkline_svg
from trackbook.runs.curation import NOTE_TAG, STAR_TAG
from trackbook.stores.base import Summary
from trackbook.widgets.assets import styles, tokens

__all__ = ["Sparkline", "experiment_card", "run_card", "status_svg"]

_PARAMS, _METRICS, _NOTE = 8, 4, 600
_STAR = "M8 2l1.8 3.8 4.2.5-3.1 2.9.8 4.1L8 11.3l-3.7 2 .8-4.1L2 6.3l4.2-.5z"
_SHOWN = 200  # rows behind "All metrics"; a card is a glance
_WORDS = {status: status.capitalize() for status in ("FINISHED", "RUNNING", "FAILED", "KILLED", "SCHEDULED", "LOST")}


class Sparkline(NamedTuple):
    """The curve on a run's card: a metric and its values in the order of their steps."""

    key: str
    values: Sequence[float]


def run_card(
    run: Run,
    summaries: Sequence[Summary],
    sparkline: Sparkline | None = None,
    experiment: str = "",
    attempts: Sequence[Attempt] = (),
) -> str:
    """A run as HTML.

    Args:
        run: with its data.
        summaries: of its metrics, as the store gives them.
        sparkline: the curve to draw; none if None.
        experiment: the experiment's name; its id is shown without one.
        attempts: of a run that was resumed; those of any other say nothing that the card does not.
    """
    info = run.info
    facts = [experiment or f"experiment {info.experiment_id}", info.user_id, _moment(info.start_time)]
    if info.start_time is not None and info.end_time is not None:
        facts.append(duration(info.end_time - info.start_time))
    if len(attempts) > 1:
        facts.append(f"attempt {attempts[-1].number}")
    main = [
        _title(
            info.run_name or info.run_id,
            facts,
            status_svg(info.status),
            _star(run.data.tags) + _deleted(info.lifecycle_stage),
        ),
        _note(run.data.tags),
        _params(run.data.params),
        _numbers(summaries),
        '<div class="tb-folds">',
        _details("All metrics", _metric_table(summaries)) if len(summaries) > _METRICS else "",
        _details("All params", _pairs(run.data.params)) if len(run.data.params) > _PARAMS else "",
        _details("Data sets", _pairs(run.inputs.described())),
        _details(
            "Tags",
            _pairs(
                {key: tag for key, tag in run.data.tags.items() if not key.startswith("mlflow.") and key != STAR_TAG}
            ),
        ),
        _details("Attempts", _attempts(attempts)) if len(attempts) > 1 else "",
        "</div>",
    ]
    side = _side(sparkline) if sparkline else ""
    return _paper(f'<div class="tb-two"><div class="tb-main">{"".join(main)}</div>{side}</div>', "Run")


def experiment_card(experiment: Experiment, counts: Mapping[str, int]) -> str:
    """An experiment as HTML.

    Args:
        experiment: what it is.
        counts: number of its runs by status, such as ``{"FINISHED": 38, "RUNNING": 2}``.
    """
    total = sum(counts.values())
    marks = "".join(
        f'<span class="tb-line" style="gap:5px">{status_svg(status)}<span class="tb-muted">'
        f"{_count(number)} {escape(_WORDS.get(status, status).lower())}</span></span>"
        for status, number in counts.items()
        if number
    )
    facts = [
        f"id {experiment.experiment_id}",
        f"created {_moment(experiment.creation_time)}",
        experiment.artifact_location,
    ]
    runs = f'<span class="tb-chip tb-outline">{_count(total)} {"run" if total == 1 else "runs"}</span>'
    tags = experiment.tags if isinstance(experiment.tags, Mapping) else {}
    main = [
        _title(experiment.name, facts, "", runs + _deleted(experiment.lifecycle_stage)),
        _note(tags),
        f'<div class="tb-line" style="gap:5px 16px">{marks}</div>' if marks else "",
        _details("Tags", _pairs({key: tag for key, tag in tags.items() if key != NOTE_TAG})),
    ]
    return _paper(f'<div class="tb-main">{"".join(main)}</div>', "Experiment")


def status_svg(status: str, size: int = 16) -> str:
    """The mark of a run's status (or of LOST) as SVG, in the colours of the page around it."""
    ring = '<circle cx="8" cy="8" r="6.2" fill="none" style="stroke:{}" stroke-width="{}"{}/>'
    line = (
        '<path d="{}" fill="none" style="stroke:{}" stroke-width="{}" stroke-linecap="round" stroke-linejoin="round"/>'
    )
    shapes = {
        "FINISHED": ring.format("var(--ok)", 1.5, "") + line.format("M5.2 8.2l2 2 3.7-4.2", "var(--ok)", 1.6),
        "RUNNING": ring.format("var(--soft2)", 2.2, "")
        + line.format("M8 1.8a6.2 6.2 0 0 1 5.4 9.3", "var(--accent)", 2.2)
        + '<circle cx="8" cy="8" r="2" style="fill:var(--accent)"/>',
        "FAILED": '<path d="M8 .8L15.2 8L8 15.2L.8 8z" style="fill:var(--err)"/>'
        + line.format("M5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4", "var(--bg)", 1.7),
        "KILLED": '<rect x="2" y="2" width="12" height="12" rx="2.5" style="fill:var(--warn)"/>'
        + line.format("M5 8h6", "var(--bg)", 2),
        "SCHEDULED": ring.format("var(--ink2)", 1.5, ' stroke-dasharray="2.2 2.4"'),
        "LOST": ring.format("var(--warn)", 1.5, ' stroke-dasharray="9 3.4"')
        + line.format("M6.3 6.5a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.6-.9 1.2M8 11.3h.01", "var(--warn)", 1.5),
    }
    word = escape(_WORDS.get(status, status))
    shape = shapes.get(status, shapes["LOST"])
    return (
        f'<svg role="img" aria-label="{word}" width="{size}" height="{size}" viewBox="0 0 16 16">'
        f"<title>{word}</title>{shape}</svg>"
    )


def _paper(content: str, kind: str) -> str:
    sheet = f"<style>{tokens()}{styles('cards')}</style>"
    return f'{sheet}<section class="tb tb-paper" aria-label="{kind}">{content}</section>'


def _title(name: str, facts: Sequence[str], before: str, after: str) -> str:
    line = ", ".join(_text("span", fact) for fact in facts if fact)
    return (
        f'<div class="tb-line">{before}{_text("span", name, "tb-name")}{after}</div>'
        f'<div class="tb-muted" style="margin:4px 0 9px">{line}</div>'
    )


def _deleted(stage: str) -> str:
    return '<span class="tb-chip tb-outline">deleted</span>' if stage == "deleted" else ""


def _star(tags: Mapping[str, str]) -> str:
    if tags.get(STAR_TAG) != "true":
        return ""
    return (
        '<svg role="img" aria-label="Starred" width="14" height="14" viewBox="0 0 16 16"><title>Starred</title>'
        f'<path d="{_STAR}" style="fill:var(--warn)"/></svg>'
    )


def _note(tags: Mapping[str, str]) -> str:
    """The note as it was typed: its Markdown is text here, and reads well as such."""
    text = tags.get(NOTE_TAG, "").strip()
    if not text:
        return ""
    shown = text if len(text) <= _NOTE else f"{text[:_NOTE]}…"
    return f'<div class="tb-note" dir="auto">{escape(shown)}</div>'


def _text(tag: str, text: str, kind: str = "") -> str:
    css = f' class="{kind}"' if kind else ""
    return f'<{tag}{css} dir="auto" title="{escape(text)}">{escape(text)}</{tag}>'


def _params(params: Mapping[str, str]) -> str:
    chips = [
        f'<span class="tb-chip" dir="auto" title="{escape(f"{key} = {value}"[:500])}">'
        f"<i>{escape(key)}</i>{escape(value[:80])}</span>"
        for key, value in list(params.items())[:_PARAMS]
    ]
    return f'<div class="tb-line" style="gap:5px">{"".join(chips)}</div>' if chips else ""


def _numbers(summaries: Sequence[Summary]) -> str:
    ranked = sorted(summaries, key=_rank)
    cells = []
    for one in ranked[:_METRICS]:
        aggregate, value, step = _headline(one)
        text = column_format([value])(value)
        trouble = " tb-nan" if text == "NaN" else ""
        at = f" <small>step {_count(step)}</small>" if step is not None else ""
        cells.append(
            f'<div><div class="tb-caption">{_text("span", one.key)} <span class="tb-tag">{aggregate}</span></div>'
            f'<div class="tb-value{trouble}" title="{value!r}">{text}{at}</div></div>'
        )
    return f'<div class="tb-numbers">{"".join(cells)}</div>' if cells else ""


def _rank(one: Summary) -> tuple[bool, bool, bool]:
    """Validation before training, metrics with a best value before the rest, the machine's last."""
    return one.key.startswith("system/"), better(one.key) is None, not re.search("val|test", one.key)


def _headline(one: Summary) -> tuple[str, float, int | None]:
    goal = better(one.key)
    if goal == "min" and one.minimum is not None:
        return "min", one.minimum, one.min_step
    if goal == "max" and one.maximum is not None:
        return "max", one.maximum, one.max_step
    return "last", one.last, one.last_step


def _metric_table(summaries: Sequence[Summary]) -> str:
    rows = []
    for one in summaries[:_SHOWN]:
        write = column_format([one.last, one.minimum, one.maximum])
        numbers = (write(one.last), write(one.minimum), write(one.maximum), _count(one.count))
        cells = "".join(f'<td class="tb-right">{number}</td>' for number in numbers)
        rows.append(f"<tr><td>{_text('span', one.key)}</td>{cells}</tr>")
    head = "".join(f'<th class="tb-right">{word}</th>' for word in ("last", "min", "max", "points"))
    return f"<table><tr><th>metric</th>{head}</tr>{''.join(rows)}{_more(len(summaries))}</table>"


def _attempts(attempts: Sequence[Attempt]) -> str:
    rows = []
    for one in attempts[-_SHOWN:]:
        took = "" if one.start_time is None or one.end_time is None else duration(one.end_time - one.start_time)
        cells = (str(one.number), one.status, _moment(one.start_time), _moment(one.end_time), took)
        where = "" if one.host is None else f"{one.host}, process {one.pid}"
        rows.append("<tr>" + "".join(f"<td>{_text('span', text)}</td>" for text in (*cells, where)) + "</tr>")
    return f"<table>{''.join(rows)}</table>"


def _pairs(pairs: Mapping[str, str]) -> str:
    rows = [
        f"<tr><td>{_text('span', key)}</td><td>{_text('span', value[:500])}</td></tr>"
        for key, value in sorted(pairs.items())[:_SHOWN]
    ]
    return f"<table>{''.join(rows)}{_more(len(pairs))}</table>" if rows else ""


def _more(total: int) -> str:
    return f'<tr><td colspan="5">and {_count(total - _SHOWN)} more</td></tr>' if total > _SHOWN else ""


def _details(title: str, content: str) -> str:
    return f"<details><summary>{title}</summary>{content}</details>" if content else ""


def _side(sparkline: Sparkline) -> str:
    values = [float(value) for value in sparkline.values]
    drawable = [value for value in values if abs(value) < float("inf")]
    log = wants_log(sparkline.key, min(drawable, default=None), max(drawable, default=None), _falls(drawable))
    picture = sparkline_svg(values, 240, 64, "var(--run-1)", log, 1.9)
    points = f"{_count(len(values))} {'point' if len(values) == 1 else 'points'}"
    title = f"{_text('span', sparkline.key)}{', log' if log else ''}"
    if not picture:
        picture = '<span class="tb-caption">Too few finite points to draw.</span>'
    return (
        f'<div class="tb-side"><div class="tb-line tb-caption"><span style="flex:1">{title}</span>{points}</div>'
        f'<div style="margin-top:6px">{picture}</div></div>'
    )


def _falls(values: Sequence[float]) -> bool:
    return len(values) > 1 and values[-1] < values[0]


def _count(number: int) -> str:
    return column_format([number])(number)


def _moment(milliseconds: int | None) -> str:
    """Local time: a card is kept in the notebook, where "2 min ago" would soon be untrue."""
    if milliseconds is None:
        return "–"
    return f"{datetime.fromtimestamp(milliseconds / 1000, tz=UTC).astimezone():%Y-%m-%d %H:%M %z}"
