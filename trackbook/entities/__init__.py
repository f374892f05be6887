"""The nouns: what experiments, runs, metrics, params, tags, data sets and files are, with MLflow's attribute names."""

from trackbook.entities.datasets import Dataset, DatasetInput, InputTag
from trackbook.entities.experiments import (
    DEFAULT_EXPERIMENT_NAME,
    Experiment,
    ExperimentTag,
    LifecycleStage,
    ViewType,
)
from trackbook.entities.files import FileInfo, StoredFile
from trackbook.entities.paging import PagedList
from trackbook.entities.runs import (
    Attempt,
    Metric,
    Param,
    Run,
    RunData,
    RunInfo,
    RunInputs,
    RunOutputs,
    RunStatus,
    RunTag,
    SourceType,
)

__all__ = [
    "DEFAULT_EXPERIMENT_NAME",
    "Attempt",
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "Metric",
    "PagedList",
    "Param",
    "Run",
    "RunData",
    "RunInfo",
    "RunInputs",
    "RunOutputs",
    "RunStatus",
    "RunTag",
    "SourceType",
    "StoredFile",
    "ViewType",
]
