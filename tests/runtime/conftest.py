"""Puts the runtime on the path, over a fake host."""
import json
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "runtime" / "python")]

import fake  # noqa: E402

fake.install()
import app  # noqa: E402


class Runtime:
    """The shared runtime as the host sees it."""

    def __init__(self) -> None:
        self.script = app.Script()
        self.host = fake.host

    def load(self, files: dict[str, str] | str, name: str = "test") -> list[str]:
        """Load a plugin from text, or from several files."""
        if isinstance(files, str):
            files = {"plugin.py": files}
        return self.script.load(name, list(files.items()))

    def load_folder(self, name: str) -> list[str]:
        """Load one of the plugins that ship with the project."""
        folder = ROOT / "plugins" / name
        files = {str(path.relative_to(folder)): path.read_text()
                 for path in sorted(folder.rglob("*.py"))}
        return self.load(files, name)

    def poll(self) -> Any:
        """What the host reads from a poll."""
        return json.loads(self.script.call("poll", ""))

    def error(self, function: str = "poll", argument: str = "") -> str:
        """The text of the error that a call must give."""
        with pytest.raises(fake.Err) as info:
            self.script.call(function, argument)
        return info.value.value

    def load_error(self, files: dict[str, str] | str, name: str = "test") -> str:
        """The text of the error that loading must give."""
        with pytest.raises(fake.Err) as info:
            self.load(files, name)
        return info.value.value


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    """A runtime with nothing loaded and a host that knows nothing."""
    fake.host.reset()
    yield Runtime()
    app.unload_plugin()
