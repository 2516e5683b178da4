"""One Chromium, in the size that a test asks for, and a fake node for each test."""
import sys
from pathlib import Path
from typing import Iterator

import pytest

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "support"))

from browser import Browser, SIZES  # pylint: disable=wrong-import-position
from fake import FakeNode, bundle  # pylint: disable=wrong-import-position


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's files."""
    return bundle(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Started once, since that takes longer than most tests."""
    browser = Browser("desktop", tmp_path_factory.mktemp("profile"))
    yield browser
    browser.quit()


@pytest.fixture(params=SIZES)
def browser(request: pytest.FixtureRequest, chromium: Browser) -> Browser:
    """It, as a phone, a tablet and a desktop."""
    chromium.resize(request.param)
    return chromium


@pytest.fixture
def node(files: Path) -> Iterator[FakeNode]:
    """A node with a few sensors."""
    node = FakeNode(files).start()
    yield node
    node.stop()


@pytest.fixture
def page(browser: Browser, node: FakeNode) -> Iterator[Browser]:
    """Its page, open and live. Nothing may have been thrown while the test ran."""
    browser.open(node.address)
    browser.wait_for_text("harvester-status", "Live")
    yield browser
    assert not [text for text in browser.complaints() if "Uncaught" in text]
    browser.open("about:blank")
