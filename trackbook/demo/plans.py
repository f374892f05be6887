"""Which runs the demo trains: four experiments, several seeds, one sweep of nested runs, two runs that diverge."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from trackbook.demo import recipes

__all__ = ["EXPERIMENTS", "Plan", "plans"]

#: Name and description of each experiment.
EXPERIMENTS = {
    "digits-mlp": "8×8 digits, 1 797 images, 65/35 split. Multi-layer perceptrons, one partial_fit an epoch.",
    "breast-cancer-sgd": "569 tumours, 30 features. Logistic regression by stochastic gradient descent.",
    "diabetes-boosting": "442 patients, 10 features. Boosted trees beside linear regression.",
    "wine-forest": "178 wines, 13 features. Random forests that grow.",
}


@dataclass(frozen=True)
class Plan:
    """One run to train.

    Attributes:
        experiment: the name of its experiment.
        name: the name of the run.
        recipe: how it is trained; None for a run that only holds its children.
        params: what the recipe takes; logged as they are.
        tags: logged as they are.
        children: runs to train inside this one.
    """

    experiment: str
    name: str
    recipe: recipes.Recipe | None
    params: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)
    children: tuple[Plan, ...] = ()

    @property
    def diverges(self) -> bool:
        """Whether its learning rate is too large, on purpose."""
        return self.name.endswith("diverges")

    def shortened(self, epochs: int) -> Plan:
        """The same with at most so many epochs."""
        params = self.params | {"epochs": min(epochs, self.params.get("epochs", epochs))}
        return replace(self, params=params, children=tuple(child.shortened(epochs) for child in self.children))


_NETWORK = {
    "hidden": "64", "activation": "relu", "solver": "adam", "lr": 0.001, "alpha": 0.0001, "batch_size": 64, "epochs": 30
}  # fmt: skip
_NETWORKS: dict[str, dict[str, Any]] = {
    "mlp-base": {},
    "mlp-wide": {"hidden": "128x64"},
    "mlp-smooth": {"alpha": 1.0, "hidden": "128x64"},
}
_LONE_NETWORKS: dict[str, dict[str, Any]] = {
    "mlp-tiny": {"hidden": "8"},
    "mlp-tanh": {"activation": "tanh"},
    "mlp-sgd": {"solver": "sgd", "lr": 0.05},
    "mlp-fast-lr": {"lr": 0.03},
    "mlp-slow-lr": {"lr": 0.0002},
    "mlp-big-batch": {"batch_size": 256},
    "mlp-diverges": {"solver": "sgd", "lr": 3.0},
    "mlp-linear-diverges": {"solver": "sgd", "lr": 3.0, "activation": "identity"},
}


def plans() -> list[Plan]:
    """Every run, in the order of training."""
    return [*_forests(), *_regressions(), *_logistics(), *_networks()]


def _networks() -> list[Plan]:
    named = [(name, changes | {"seed": 0}, {"family": "single"}) for name, changes in _LONE_NETWORKS.items()]
    named += [
        (f"{name}-s{seed}", changes | {"seed": seed}, {"family": name})
        for name, changes in _NETWORKS.items()
        for seed in range(3)
    ]
    return [Plan("digits-mlp", name, recipes.fit_network, _NETWORK | params, tags) for name, params, tags in named]


def _logistics() -> list[Plan]:
    settings = [
        ("l2", 1e-4, 0.01),
        ("l2", 1e-2, 0.01),
        ("l1", 1e-3, 0.01),
        ("elasticnet", 1e-3, 0.01),
        ("l2", 1e-4, 0.5),
    ]
    found = []
    for penalty, alpha, eta0 in settings:
        for seed in range(2):
            params = {"penalty": penalty, "alpha": alpha, "eta0": eta0, "seed": seed, "epochs": 40}
            name = f"{penalty}-a{alpha:g}-e{eta0:g}-s{seed}"
            found.append(Plan("breast-cancer-sgd", name, recipes.fit_logistic, params, {"penalty": penalty}))
    return found


def _regressions() -> list[Plan]:
    base = {"lr": 0.1, "max_depth": 3, "subsample": 1.0, "seed": 0, "epochs": 30}
    changes: dict[str, dict[str, Any]] = {
        "boost-base": {},
        "boost-slow": {"lr": 0.02},
        "boost-stumps": {"max_depth": 1},
        "boost-deep": {"max_depth": 6},
        "boost-half-s0": {"subsample": 0.5},
        "boost-half-s1": {"subsample": 0.5, "seed": 1},
    }
    found = [
        Plan("diabetes-boosting", name, recipes.boost_trees, base | change, {"family": "trees"})
        for name, change in changes.items()
    ]
    for name, lr in (("linear-sgd", 0.001), ("linear-sgd-fast", 0.01)):
        params = {"lr": lr, "alpha": 0.0001, "seed": 0, "epochs": 40}
        found.append(Plan("diabetes-boosting", name, recipes.fit_linear_regression, params, {"family": "linear"}))
    return found


def _forests() -> list[Plan]:
    children = tuple(
        Plan(
            "wine-forest",
            f"forest-d{depth}-f{features}",
            recipes.grow_forest,
            {"max_depth": depth, "max_features": features, "seed": 0, "epochs": 12},
            {"sweep": "depth and features"},
        )
        for depth in (2, 4)
        for features in (1, 4)
    )
    note = {"mlflow.note.content": "Depth against features; each forest is a run inside this one."}
    return [Plan("wine-forest", "depth-sweep", None, {"seed": 0}, note, children)]
