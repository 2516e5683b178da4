"""One broker and one Home Assistant for all tests, since it takes long to start; each test has a node of its own."""
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from homeassistant import TREE, HomeAssistant
from mosquitto import Mosquitto
from node import Harvester, simulated

Start = Callable[..., Harvester]


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """A broker that lets everybody in."""
    with Mosquitto(tmp_path_factory.mktemp("broker")) as mosquitto:
        yield mosquitto


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, broker: Mosquitto) -> Iterator[HomeAssistant]:
    """Home Assistant, connected to the broker as a person would connect it."""
    assert TREE.exists(), "there is no Home Assistant: run make test-homeassistant"
    with HomeAssistant(tmp_path_factory.mktemp("home") / "config") as homeassistant:
        homeassistant.add_mqtt(broker.port)
        yield homeassistant


@pytest.fixture(autouse=True)
def no_errors(home: HomeAssistant) -> Iterator[None]:
    """Home Assistant finds nothing wrong with what the test sent it."""
    before = len(home.log())
    yield
    errors = [line for line in home.log()[before:].splitlines() if " ERROR " in line]
    assert not errors, "\n".join(errors)


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """An empty folder for plugins."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path, plugins: Path, broker: Mosquitto) -> Iterator[Start]:
    """Start a node of this name, with keys of [mqtt] and other sections."""
    started: list[Harvester] = []

    def run(name: str, sections: dict[str, dict[str, Any]] | None = None, **keys: Any) -> Harvester:
        config = simulated({"cluster": {"node_id": name}, "mqtt": {"url": broker.url, **keys}, **(sections or {})})
        started.append(Harvester(tmp_path, config, plugins))
        return started[-1].__enter__()
    yield run
    for harvester in started:
        harvester.__exit__(None)
