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
from trackbook.entities.logged_models import (
    LoggedModel,
    LoggedModelInput,
    LoggedModelOutput,
    LoggedModelParameter,
    LoggedModelStatus,
    LoggedModelTag,
)
from trackbook.entities.paging import PagedList
from trackbook.entities.registry import (
    AuditEntry,
    AuditHead,
    ModelVersion,
    ModelVersionStatus,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)
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
    "AuditEntry",
    "AuditHead",
    "Dataset",
    "DatasetInput",
    "Experiment",
    "ExperimentTag",
    "FileInfo",
    "InputTag",
    "LifecycleStage",
    "LoggedModel",
    "LoggedModelInput",
    "LoggedModelOutput",
    "LoggedModelParameter",
    "LoggedModelStatus",
    "LoggedModelTag",
    "Metric",
    "ModelVersion",
    "ModelVersionStatus",
    "ModelVersionTag",
    "PagedList",
    "Param",
    "RegisteredModel",
    "RegisteredModelAlias",
    "RegisteredModelTag",
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
