"""Trackbook: an experiment tracker that lives in the notebook.

``import trackbook as mlflow`` runs code that was written for MLflow. Names are found when they are first used, so that
the import itself loads no library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from trackbook import (
        artifacts,
        catboost,
        data,
        entities,
        exceptions,
        fastai,
        gluon,
        keras,
        lightgbm,
        models,
        onnx,
        pyfunc,
        pytorch,
        sklearn,
        spark,
        statsmodels,
        tensorflow,
        tracking,
        types,
        xgboost,
    )
    from trackbook.client import Client, MlflowClient
    from trackbook.exceptions import MlflowException
    from trackbook.models.evaluation.evaluate import evaluate
    from trackbook.models.evaluation.thresholds import validate_evaluation_results
    from trackbook.registry.fluent import (
        register_model,
        search_model_versions,
        search_registered_models,
        set_model_version_tag,
    )
    from trackbook.runs.active import ActiveRun
    from trackbook.runs.active_model import ActiveModel, clear_active_model, get_active_model_id
    from trackbook.runs.fluent import (
        active_run,
        delete_tag,
        end_run,
        flush_async_logging,
        last_active_run,
        log_batch,
        log_metric,
        log_metrics,
        log_param,
        log_params,
        set_tag,
        set_tags,
        start_run,
    )
    from trackbook.runs.fluent_artifacts import (
        flush_artifact_async_logging,
        get_artifact_uri,
        load_table,
        log_artifact,
        log_artifacts,
        log_dict,
        log_figure,
        log_image,
        log_stream,
        log_table,
        log_text,
    )
    from trackbook.runs.fluent_inputs import log_input, log_inputs, log_outputs
    from trackbook.runs.logged_models import (
        create_external_model,
        delete_logged_model_tag,
        finalize_logged_model,
        get_logged_model,
        initialize_logged_model,
        last_logged_model,
        log_model_params,
        search_logged_models,
        set_active_model,
        set_logged_model_tags,
    )
    from trackbook.runs.operations import RunOperations
    from trackbook.runs.pictures import Image
    from trackbook.runs.queries import (
        create_experiment,
        delete_experiment,
        delete_experiment_tag,
        delete_run,
        get_experiment,
        get_experiment_by_name,
        get_parent_run,
        get_run,
        restore_experiment,
        restore_run,
        search_experiments,
        search_runs,
        set_experiment_tag,
        set_experiment_tags,
    )
    from trackbook.runs.session import (
        get_registry_uri,
        get_tracking_uri,
        is_tracking_uri_set,
        set_experiment,
        set_registry_uri,
        set_tracking_uri,
    )

__all__ = [
    "ActiveModel",
    "ActiveRun",
    "Client",
    "Image",
    "MlflowClient",
    "MlflowException",
    "RunOperations",
    "active_run",
    "artifacts",
    "catboost",
    "clear_active_model",
    "create_experiment",
    "create_external_model",
    "data",
    "delete_experiment",
    "delete_experiment_tag",
    "delete_logged_model_tag",
    "delete_run",
    "delete_tag",
    "end_run",
    "entities",
    "evaluate",
    "exceptions",
    "fastai",
    "finalize_logged_model",
    "flush_artifact_async_logging",
    "flush_async_logging",
    "get_active_model_id",
    "get_artifact_uri",
    "get_experiment",
    "get_experiment_by_name",
    "get_logged_model",
    "get_parent_run",
    "get_registry_uri",
    "get_run",
    "get_tracking_uri",
    "gluon",
    "initialize_logged_model",
    "is_tracking_uri_set",
    "keras",
    "last_active_run",
    "last_logged_model",
    "lightgbm",
    "load_table",
    "log_artifact",
    "log_artifacts",
    "log_batch",
    "log_dict",
    "log_figure",
    "log_image",
    "log_input",
    "log_inputs",
    "log_metric",
    "log_metrics",
    "log_model_params",
    "log_outputs",
    "log_param",
    "log_params",
    "log_stream",
    "log_table",
    "log_text",
    "models",
    "onnx",
    "pyfunc",
    "pytorch",
    "register_model",
    "restore_experiment",
    "restore_run",
    "search_experiments",
    "search_logged_models",
    "search_model_versions",
    "search_registered_models",
    "search_runs",
    "set_active_model",
    "set_experiment",
    "set_experiment_tag",
    "set_experiment_tags",
    "set_logged_model_tags",
    "set_model_version_tag",
    "set_registry_uri",
    "set_tag",
    "set_tags",
    "set_tracking_uri",
    "sklearn",
    "spark",
    "start_run",
    "statsmodels",
    "tensorflow",
    "tracking",
    "types",
    "validate_evaluation_results",
    "xgboost",
]

__version__ = "0.1.0"

#: Module -> the names that it gives to this one.
_ROOMS = {
    "trackbook.client": "Client MlflowClient",
    "trackbook.exceptions": "MlflowException",
    "trackbook.models.evaluation.evaluate": "evaluate",
    "trackbook.models.evaluation.thresholds": "validate_evaluation_results",
    "trackbook.registry.fluent": "register_model search_model_versions search_registered_models set_model_version_tag",
    "trackbook.runs.active": "ActiveRun",
    "trackbook.runs.active_model": "ActiveModel clear_active_model get_active_model_id",
    "trackbook.runs.fluent": "active_run delete_tag end_run flush_async_logging last_active_run log_batch log_metric "
    "log_metrics log_param log_params set_tag set_tags start_run",
    "trackbook.runs.fluent_artifacts": "flush_artifact_async_logging get_artifact_uri load_table log_artifact "
    "log_artifacts log_dict log_figure log_image log_stream log_table log_text",
    "trackbook.runs.fluent_inputs": "log_input log_inputs log_outputs",
    "trackbook.runs.logged_models": "create_external_model delete_logged_model_tag finalize_logged_model "
    "get_logged_model initialize_logged_model last_logged_model log_model_params search_logged_models "
    "set_active_model set_logged_model_tags",
    "trackbook.runs.operations": "RunOperations",
    "trackbook.runs.pictures": "Image",
    "trackbook.runs.queries": "create_experiment delete_experiment delete_experiment_tag delete_run get_experiment "
    "get_experiment_by_name get_parent_run get_run restore_experiment restore_run search_experiments search_runs "
    "set_experiment_tag set_experiment_tags",
    "trackbook.runs.session": "get_registry_uri get_tracking_uri is_tracking_uri_set set_experiment set_registry_uri "
    "set_tracking_uri",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}
_MODULES = (
    "artifacts",
    "catboost",
    "data",
    "entities",
    "exceptions",
    "fastai",
    "gluon",
    "keras",
    "lightgbm",
    "models",
    "onnx",
    "pyfunc",
    "pytorch",
    "sklearn",
    "spark",
    "statsmodels",
    "tensorflow",
    "tracking",
    "types",
    "xgboost",
)

if not TYPE_CHECKING:  # a type checker shall find a misspelt name

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            value = getattr(import_module(_HOMES[name]), name)
        elif name in _MODULES:
            value = import_module(f"trackbook.{name}")
        else:
            from trackbook.runs.absent import absent_from_porch

            raise AttributeError(absent_from_porch(name))
        globals()[name] = value  # the next look-up finds it without this function: log_metric is called in loops
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Add the magics and the cards to a notebook: ``%load_ext trackbook``.

    Args:
        ipython: the notebook's shell, which IPython hands in.

    Raises:
        MissingDependency: this is a light install, which has no panels.
    """
    from trackbook.libraries import require

    require("%load_ext trackbook", "IPython", "anywidget", "ipywidgets", "plotly")
    from trackbook import magics

    magics.load(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take them away again: ``%unload_ext trackbook``."""
    from trackbook import magics

    magics.unload(ipython)
