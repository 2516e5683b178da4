"""The programs that tests/machine takes to a virtual machine are those that the build made."""
from emulated import programs
from node import BUILD


def test_programs_are_there() -> None:
    """Here, since most changes are tested without the machine on which those programs run."""
    names = programs()
    assert "guest/test-guest-lockdown" in names
    assert [name for name in names if not (BUILD / "tests" / "unit" / name).exists()] == []
