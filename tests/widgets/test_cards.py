"""Cards of runs and experiments: what they show, and that logged text stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from trackbook.entities import Attempt, Dataset, DatasetInput, Experiment, Run, RunData, RunInfo, RunInputs
from trackbook.stores.base import Summary
from trackbook.widgets.cards import Sparkline, experiment_card, run_card, status_svg

XSS = "<img src=x onerror=alert(1)>\"'</style><script>alert(2)</script>"


def make_run(
    name: str = "mlp-smooth-s0", params: dict[str, str] | None = None, tags: dict[str, str] | None = None
) -> Run:
    info = RunInfo("a" * 32, "7", "mira", "FINISHED", 1_763_600_000_000, 1_763_600_013_000, run_name=name)
    return Run(info, RunData({}, params or {}, tags or {}))


def summary(key: str, last: float, minimum: float | None = None, maximum: float | None = None) -> Summary:
    return Summary(key, last, 60, 0, minimum, 58, maximum, 23, last, 1, 60)


def plain(html: str) -> str:
    """The words of a card, without tags and sheet."""
    html = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", html, flags=re.DOTALL)
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", html))


def test_run_card_shows_name_experiment_duration_and_params() -> None:
    words = plain(run_card(make_run(params={"lr": "0.001"}), [], None, "digits-mlp"))
    assert "mlp-smooth-s0" in words
    assert "digits-mlp , mira" in words
    assert "13 s" in words
    assert "lr 0.001" in words


def test_run_card_shows_the_best_value_where_the_name_says_which() -> None:
    words = plain(
        run_card(make_run(), [summary("val_loss", 0.05, 0.0313, 1.5), summary("val_accuracy", 0.9, 0.1, 0.98)])
    )
    assert "val_loss min 0.03130 step 58" in words
    assert "val_accuracy max 0.9800 step 23" in words


def test_run_card_shows_the_last_value_of_any_other_metric() -> None:
    assert "widgets last 17 step 60" in plain(run_card(make_run(), [summary("widgets", 17.0, 1.0, 20.0)]))


def test_run_card_marks_a_metric_that_is_nan() -> None:
    html = run_card(make_run(), [summary("loss", float("nan"))])
    assert 'class="tb-value tb-nan"' in html
    assert "NaN" in plain(html)


def test_run_card_lists_data_sets_as_text() -> None:
    read = DatasetInput(Dataset(XSS, "d1", "local", '{"uri": "/data/wine.csv"}', profile='{"num_rows": 3}'))
    html = run_card(replace(make_run(), inputs=RunInputs([read])), [])
    assert "local: /data/wine.csv" in plain(html)
    assert "3 rows" in plain(html)
    assert XSS not in html


def test_run_card_folds_away_what_is_too_much() -> None:
    html = run_card(make_run(params={f"p{place}": "1" for place in range(1_000)}), [])
    assert html.count('class="tb-chip"') == 8
    assert "and 800 more" in plain(html)
    assert len(html) < 60_000


def test_run_card_draws_the_curve_with_its_gaps() -> None:
    html = run_card(make_run(), [], Sparkline("acc", [0.1, 0.5, float("nan"), 0.7, 0.8]))
    path = re.search(r'<path d="(M[^"]+)" fill="none" style="stroke:var\(--run-1\)', html)
    assert path is not None
    assert path[1].count("M") == 2


def test_run_card_says_so_when_no_curve_can_be_drawn() -> None:
    assert "Too few finite points" in run_card(make_run(), [], Sparkline("loss", [float("inf")] * 9))


def test_run_card_escapes_every_logged_text() -> None:
    run = make_run(XSS, {XSS: XSS, **{f"{XSS}{place}": XSS for place in range(9)}}, {XSS: XSS})
    summaries = [summary(f"{XSS}{place}", 1.0) for place in range(9)]
    html = run_card(run, summaries, Sparkline(XSS, [1.0, 2.0]), XSS)
    assert "<img" not in html
    assert "<script" not in html
    assert html.count("</style>") == 1


def test_experiment_card_counts_runs_by_status() -> None:
    words = plain(
        experiment_card(Experiment("1", "digits-mlp", "file:///a"), {"FINISHED": 1204, "RUNNING": 2, "FAILED": 0})
    )
    assert "1\u202f206 runs" in words
    assert "1\u202f204 finished" in words
    assert "2 running" in words
    assert "failed" not in words


def test_experiment_card_escapes_every_text() -> None:
    html = experiment_card(Experiment("1", XSS, XSS, tags={XSS: XSS}), {"FINISHED": 1})
    assert "<img" not in html
    assert "<script" not in html


@pytest.mark.parametrize("status", ["FINISHED", "RUNNING", "FAILED", "KILLED", "SCHEDULED", "LOST"])
def test_status_mark_has_a_word_for_screen_readers(status: str) -> None:
    assert f'aria-label="{status.capitalize()}"' in status_svg(status)


def test_cards_fetch_nothing() -> None:
    html = run_card(make_run(), [summary("a", 1.0)], Sparkline("a", [1.0, 2.0])) + experiment_card(
        Experiment("1", "e", "file:///a"), {}
    )
    assert not re.search(r"https?:|url\(|@import|<script|<link", html)


def test_card_of_a_resumed_run_lists_its_attempts() -> None:
    first = Attempt(1, "KILLED", 1_763_600_000_000, 1_763_600_060_000, XSS, 4711)
    second = Attempt(2, "FINISHED", 1_763_700_000_000, 1_763_700_013_000, "gpu7", 4712)
    html = run_card(make_run(), [], None, "digits", [first, second])
    assert "attempt 2" in plain(html)
    assert "1 KILLED" in plain(html)
    assert "gpu7, process 4712" in plain(html)
    assert "<img" not in html
    assert "Attempts" not in plain(run_card(make_run(), [], None, "digits", [second]))


def test_run_card_shows_star_and_note_as_text() -> None:
    html = run_card(make_run(tags={"trackbook.star": "true", "mlflow.note.content": f"**best** so far\n- {XSS}"}), [])
    assert 'aria-label="Starred"' in html
    assert "**best** so far\n- &lt;img" in html
    assert "trackbook.star" not in html
    assert "<img" not in html
    plain_card = run_card(make_run(tags={"trackbook.star": "false", "mlflow.note.content": " "}), [])
    assert "Starred" not in plain_card
    assert 'class="tb-note"' not in plain_card
    assert len(run_card(make_run(tags={"mlflow.note.content": "x" * 60_000}), [])) < 20_000


def test_experiment_card_shows_its_note() -> None:
    html = experiment_card(Experiment("1", "e", "file:///a", tags={"mlflow.note.content": f"why: {XSS}"}), {})
    assert "why: &lt;img" in html
    assert "<img" not in html
