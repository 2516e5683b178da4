"""docs/COMPATIBILITY.md says what comes out."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import table  # noqa: E402


def test_the_document_is_what_comes_out() -> None:
    """If not: look why, and run tools/compatibility."""
    assert table.document().splitlines() == table.DOCUMENT.read_text().splitlines()


def test_the_table_is_worth_something() -> None:
    """It cannot pass by finding nothing."""
    text = table.DOCUMENT.read_text()
    assert text.count("| its values |") >= 15
    assert "FAILS" not in text and "changed" not in text.lower()
