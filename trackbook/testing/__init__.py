"""The contract suite of stores: subclass `StoreContract` in a test module, and a new back end tests itself.

```python
class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self):
        store = MyStore()
        yield store
        store.close()
```
"""

from trackbook.testing.contracts import (
    ExperimentContract,
    FileContract,
    PointContract,
    RunContract,
    SearchContract,
    StoreContract,
    UpkeepContract,
)
from trackbook.testing.inputs import InputContract
from trackbook.testing.logged_model_search import LoggedModelSearchContract
from trackbook.testing.logged_models import LoggedModelContract
from trackbook.testing.moving import MovingContract
from trackbook.testing.registry import RegistryContract
from trackbook.testing.views import ViewContract

__all__ = [
    "ExperimentContract",
    "FileContract",
    "InputContract",
    "LoggedModelContract",
    "LoggedModelSearchContract",
    "MovingContract",
    "PointContract",
    "RegistryContract",
    "RunContract",
    "SearchContract",
    "StoreContract",
    "UpkeepContract",
    "ViewContract",
]
