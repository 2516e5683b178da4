"""The errno that devices.py finds in the host's texts, against the codes that the host gives with them in C."""
import errno
import re
from pathlib import Path

import pytest

from harvester_runtime import devices

SRC = Path(__file__).resolve().parents[2] / "src"
# What gives a text to the plugin of a stand-in; i2c gives a code, and 1-wire has no stand-in.
FILES = ("capability/denied", "capability/gpio", "capability/gpio_line", "capability/job", "capability/spi", "capability/uart",
         "hardware/bus/backend", "hardware/bus/gpio", "hardware/bus/spi", "hardware/bus/uart", "hardware/linux/device",
         "hardware/linux/gpio_chip", "hardware/linux/gpio_line", "hardware/linux/spi", "hardware/linux/uart",
         "simulation/bus/gpio", "simulation/bus/spi", "simulation/bus/uart")
LITERAL = r'"((?:[^"\\]|\\.)*)"'
TEXT = rf"(?:{LITERAL}|PRI\w+|[A-Z][A-Z_]+(?:\([A-Z_]+\))?|\s)+"
WITH_CODE = re.compile(rf"error_set(?:_errno)?\(\s*\w+,\s*ERROR_(\w+),\s*(?:errno,\s*)?({TEXT})")
EXPECTED = {"BUSY": errno.EBUSY, "CLOSED": errno.ENODEV, "TIMEOUT": errno.ETIMEDOUT, "NOT_FOUND": errno.ENOENT,
            "NO_MEMORY": errno.ENOMEM, "TOO_LARGE": errno.EINVAL, "INVALID": errno.EINVAL}
# Where Linux has an error of its own for a case.
SPECIAL = {"cannot be the name": errno.ENOENT, "the limit": errno.EMFILE}
# Mistakes of the broker, which no call of a plugin can lead to.
INTERNAL = ("cannot have a drive setting", "cannot watch for edges", "unknown direction", "does not watch for edges",
            "expected a mode", "a speed of 0 Hz")


def read(name: str) -> str:
    return (SRC / f"{name}.c").read_text()


def join(literals: str) -> str:
    """The text that neighbouring literals of C make."""
    return "".join(re.findall(LITERAL, literals)).replace('\\"', '"')


TEXTS = sorted({(code, join(text)) for name in FILES for code, text, _ in WITH_CODE.findall(read(name))
                if code in EXPECTED and join(text).strip("%s") and not any(part in text for part in INTERNAL)})


def test_the_sources_have_texts() -> None:
    """The expression above finds them."""
    assert len(TEXTS) > 25, TEXTS


@pytest.mark.parametrize("code, text", TEXTS)
def test_a_text_means_its_code(code: str, text: str) -> None:
    """A text that is changed in C still gives the error that its code stands for."""
    expected = next((error for part, error in SPECIAL.items() if part in text), EXPECTED[code])
    assert devices.error_of_text(text).errno == expected


@pytest.mark.parametrize("part", [part for part, _ in devices.TEXT_ERRORS if part.strip()])
def test_the_host_says_so(part: str) -> None:
    """No part stands for a text that the host no longer has."""
    sources = [*map(read, FILES), (SRC / "base" / "error.h").read_text()]
    assert any(part in join(text[0]) for source in sources for text in re.finditer(TEXT, source) if '"' in text[0])
