"""Components of any other contract: what fits runs, what does not is refused at load, with a reason."""
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

import wasm
from harvester import BUILD, ROOT, Harvester

HERE = Path(__file__).resolve().parent
TRANSFER = wasm.function({"addr": wasm.U8, "write-data": wasm.STRING, "read-len": wasm.U32},
                         b"")  # its result is added in the tests
HAS = "(it has demo:plugin@0.2 and harvester:plugin@0.1)"
