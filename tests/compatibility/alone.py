"""alone.py NAME FOLDER: one driver's plugin in the runtime on this machine's Python, over its chip;
the reading and the truth on stdout.
"""
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "runtime"),
                str(HERE.parents[1] / "runtime" / "python")]

import fake  # noqa: E402

fake.install()
import app  # noqa: E402
import drivers  # noqa: E402


def main() -> None:
    """Poll it once."""
    driver = next(driver for driver in drivers.DRIVERS if driver.name == sys.argv[1])
    assert driver.chip
    chip = driver.chip()
    missing = sys.modules["wit_world.imports.i2c"].I2cError.NO_ACKNOWLEDGE

    def write_read(*args: Any) -> bytes:
        answer = chip.write_read(*args)
        if answer is None:
            raise fake.Err(missing)
        return answer
    fake.host.answers["i2c.write_read"] = write_read
    lib = Path(sys.argv[2])
    files = {str(path.relative_to(lib)): path.read_text() for path in sorted(lib.rglob("*.py"))}
    files["plugin.py"] = (drivers.FOLDER / driver.name / "plugin.py").read_text()
    try:
        app.load_plugin(driver.name, files)
        reading = json.loads(app.call_plugin("poll", ""))
    except Exception as error:  # noqa: B902
        sys.exit(f"{type(error).__name__}: {error}")
    print(json.dumps({"reading": reading, "truth": chip.truth}))


main()
