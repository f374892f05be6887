"""MLflow's names that this version does not offer, and what to use instead: one table, and no stubs."""

from __future__ import annotations

__all__ = ["absent_from_client", "absent_from_porch"]

_MODELS = "Models of this library come in a later version; keep a model's files with log_artifacts."
_SYSTEM = "System metrics come in a later version; log what you measure with log_metrics."
_TRACES = "Traces, prompts and judges of language models are left out; log texts with log_text or log_table."
_WEBHOOKS = "Webhooks are left out of this version; look for new versions with search_model_versions."

#: Of both the module and its client: sentence -> names.
_BOTH = {
    "Each library has a log_model of its own, such as trackbook.sklearn.log_model.": "log_model",
    "Checkpoints on Databricks are left out of Trackbook; log each with its library's log_model.": "import_checkpoints",
    _SYSTEM: "enable_system_metrics_logging disable_system_metrics_logging set_system_metrics_sampling_interval "
    "set_system_metrics_samples_before_logging set_system_metrics_node_id",
    _WEBHOOKS: "create_webhook get_webhook list_webhooks update_webhook delete_webhook test_webhook",
}
_PORCH = {
    "Autologging comes in a later version; log with log_params and log_metric in your training loop.": "autolog",
    "Projects come in a later version; start a script with subprocess, which logs to the same store.": "run projects",
    "A function for it comes in a later version; meanwhile run the command `trackbook doctor`.": "doctor",
    "Databricks is left out of Trackbook; choose a store with set_tracking_uri.": "login",
    _MODELS: "pyspark prophet pmdarima spacy h2o paddle transformers sentence_transformers shap",
}
#: Words by which a name of the language-model features is known.
_TRACE_WORDS = ("trace", "span", "prompt", "assessment", "feedback", "expectation", "genai", "session", "mcp_", "skill")


def absent_from_porch(name: str) -> str:
    """Why ``trackbook.<name>`` is no attribute."""
    return _explained(f"module 'trackbook' has no attribute {name!r}", name, _BOTH | _joined(_PORCH))


def absent_from_client(name: str) -> str:
    """Why ``Client().<name>`` is no attribute."""
    return _explained(f"'Client' object has no attribute {name!r}", name, _BOTH)


def _joined(more: dict[str, str]) -> dict[str, str]:
    return {sentence: f"{_BOTH.get(sentence, '')} {names}" for sentence, names in more.items()}


def _explained(fact: str, name: str, table: dict[str, str]) -> str:
    for sentence, names in table.items():
        if name in names.split():
            return f"{fact}. {sentence}"
    if not name.startswith("_") and any(word in name for word in _TRACE_WORDS):
        return f"{fact}. {_TRACES}"
    return fact
