"""Gluon networks: symbols and numbers. MXNet is retired, so these run where the lowest versions of all we need are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris

from tests.flavor_contract import FlavorContract, generic_answer, same
from trackbook import gluon as porch
from trackbook.errors import InvalidParameter

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.filterwarnings("ignore"),  # MXNet warns of what has come after it
    pytest.mark.oldest,
]

X, y = load_iris(return_X_y=True, as_frame=True)
ROWS = X.to_numpy(dtype="float32")


def trained() -> Any:
    import mxnet
    from mxnet import autograd, gluon

    mxnet.random.seed(0)
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(8, activation="relu"), gluon.nn.BatchNorm(), gluon.nn.Dense(3))
    net.initialize()
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "adam")
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for _ in range(3):
        with autograd.record():
            found = loss(net(mxnet.nd.array(ROWS)), mxnet.nd.array(y.to_numpy()))
        found.backward()
        trainer.step(len(ROWS))
    return net


class TestBlock(FlavorContract):
    name = "gluon"
    command = 'pip install "trackbook[gluon]"'

    @pytest.fixture
    def model(self) -> Any:
        return trained()

    @pytest.fixture
    def data(self) -> Any:
        return ROWS

    def native(self, model: Any, data: Any) -> Any:
        import mxnet

        return model(mxnet.nd.array(data)).asnumpy()


def test_frame_gives_a_frame_with_its_index() -> None:
    net = trained()
    porch.save_model(net, "model")
    assert sorted(path.name for path in Path("model/data").iterdir()) == ["net-0000.params", "net-symbol.json"]
    answer = generic_answer("model", X[20:30])
    assert list(answer.index) == list(range(20, 30))
    same(answer, generic_answer("model", ROWS[20:30]))
    with pytest.raises(InvalidParameter, match="DataFrame or an array"):
        generic_answer("model", "rows")


def test_network_that_was_never_run_is_refused() -> None:
    from mxnet import gluon

    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(3))
    net.initialize()
    with pytest.raises(InvalidParameter, match="hybridize"):
        porch.save_model(net, "model")
