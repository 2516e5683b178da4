"""The unit tests that qemu's emulation of a processor cannot run: those that include emulated.h."""
from pathlib import Path

UNIT = Path(__file__).resolve().parents[1] / "unit"


def program(source: Path) -> str:
    """The test's program, below tests/unit of a build folder."""
    folder, *rest = source.relative_to(UNIT).with_suffix("").parts
    return f"{'guest/' if folder == 'guest' else ''}test-{folder}-{'_'.join(rest)}"


def programs() -> tuple[str, ...]:
    """All of them."""
    return tuple(sorted(program(source) for source in UNIT.rglob("*.c") if 'emulated.h"' in source.read_text()))
