"""The functions that note what a run read, data and models, and which models it made, with MLflow's meanings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trackbook.entities import DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput
from trackbook.entities.checks import checked_inputs
from trackbook.entities.datasets import CONTEXT_TAG
from trackbook.entities.keys import check_pairs
from trackbook.errors import InvalidParameter
from trackbook.runs.fluent import run_to_log_to
from trackbook.runs.inputs import checked_models, entity_of

if TYPE_CHECKING:
    from trackbook.entities import Dataset
    from trackbook.runs.datasets import InputDataset

__all__ = ["log_input", "log_inputs", "log_outputs"]


def log_input(
    dataset: InputDataset | Dataset | None = None,
    context: str | None = None,
    tags: Mapping[str, str] | None = None,
    model: Any = None,
) -> None:
    """Note that the active run, started if need be, reads a data set, a model or both. The data itself is not stored.

    Args:
        dataset: what `trackbook.data.from_pandas`, `from_numpy` or `from_polars` gave, or one of another run's inputs.
        context: what it is read for, such as ``training``; kept as the tag mlflow.data.context of this input.
        tags: more tags of this input.
        model: a `LoggedModelInput`.

    Raises:
        InvalidParameter: it is no data set or model, or a name, digest or tag breaks the rules, or the run is deleted.
        NotFound: there is no such model.
    """
    models = [] if model is None else checked_models([model], LoggedModelInput)
    if dataset is None and not models:
        raise InvalidParameter("log_input takes a data set; trackbook.data.from_pandas(df) makes one of a DataFrame.")
    _log([] if dataset is None else [_input(dataset, context, tags)], models)


def log_inputs(
    datasets: Sequence[InputDataset | Dataset | None] | None = None,
    contexts: Sequence[str | None] | None = None,
    tags_list: Sequence[Mapping[str, str] | None] | None = None,
    models: Sequence[Any] | None = None,
) -> None:
    """Note that the active run reads several data sets and models.

    Args:
        datasets: data sets as `log_input` takes them.
        contexts: what each is read for, in their order.
        tags_list: more tags of each, in their order.
        models: each a `LoggedModelInput`.

    Raises:
        InvalidParameter: as for `log_input`, or the lists are not equally long.
        NotFound: there is no such model.
    """
    read = checked_models(models, LoggedModelInput)
    given = _listed("datasets", datasets)
    columns = [_listed(name, column) for name, column in (("contexts", contexts), ("tags_list", tags_list))]
    if any(column and len(column) != len(given) for column in columns):
        lengths = f"{len(given)} data sets, {len(columns[0])} contexts and {len(columns[1])} dicts of tags"
        raise InvalidParameter(f"log_inputs takes lists of one length, not {lengths}; None stands for what is missing.")
    each = [column or [None] * len(given) for column in columns]
    _log([_input(*one) for one in zip(given, *each, strict=True) if one[0] is not None], read)


def log_outputs(models: Sequence[LoggedModelOutput] | None = None) -> None:
    """Note models that the active run, started if need be, has made, all or none.

    Raises:
        NotFound: there is no such model.
        InvalidParameter: it is no list of `LoggedModelOutput`, or the run is deleted.
    """
    checked = checked_models(models, LoggedModelOutput)
    run = run_to_log_to()
    run.store.log_models(run.info.run_id, outputs=checked)


def _listed(name: str, values: Any) -> list[Any]:
    if values is None:
        return []
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)):
        raise InvalidParameter(f"{name} is a list, not a value of type {type(values).__name__}.")
    return list(values)


def _input(dataset: Any, context: str | None, tags: Mapping[str, str] | None) -> DatasetInput:
    given = [] if tags is None else check_pairs("Tags of a data set", tags)
    if context is not None:
        given.append((CONTEXT_TAG, context))
    return DatasetInput(entity_of(dataset), [InputTag(key, value) for key, value in given])


def _log(inputs: list[DatasetInput], models: list[LoggedModelInput]) -> None:
    checked = checked_inputs(inputs)  # before a run is made for them
    run = run_to_log_to()
    if models:
        run.store.log_models(run.info.run_id, models)
    if checked or not models:
        run.store.log_inputs(run.info.run_id, checked)
