"""Plugins that are wrong or hostile, by name. None may hurt its neighbours or the broker."""

# Each is polled and then tried again, or refused; see test_bad_plugins.py for what is said of it.
SOURCES = {
    # Mistakes while loading
    "syntax": "import time\n\ndef poll()\n    return 1\n",
    "module-exception": "x = 1\nraise ValueError('at the top')\n",
    "no-function": "def read():\n    return {}\n",
    "two-classes": """
class One:
    def poll(self):
        return {"a": 1}

class Two:
    def poll(self):
        return {"b": 1}
""",
    "missing-module": "import bz2\n\ndef poll():\n    return {}\n",
    "missing-package": "import numpy\n\ndef poll():\n    return {}\n",
    # Exceptions
    "raises": "def poll():\n    raise RuntimeError('the sensor is on fire')\n",
    "raises-in-turns": """
count = 0

def poll():
    global count
    count += 1
    if count % 2:
        raise OSError("loose contact")
    return {"count": count}
""",
    "recursion": "def poll():\n    return poll()\n",
    "system-exit": "def poll():\n    raise SystemExit(3)\n",
    "sys-exit": "import sys\n\ndef poll():\n    sys.exit('bye')\n",
    "os-exit": "import os\n\ndef poll():\n    os._exit(5)\n",
    "os-abort": "import os\n\ndef poll():\n    os.abort()\n",
    "error-without-text": """
class Odd(Exception):
    def __str__(self):
        raise KeyError("no text")

def poll():
    raise Odd()
""",
    # Wrong values
    "gives-int": "def poll():\n    return 5\n",
    "gives-ints": "def poll():\n    return [1, 2]\n",
    "gives-bytes": "def poll():\n    return {'raw': b'abc'}\n",
    "gives-surrogate": "def poll():\n    return {'text': '\\ud800'}\n",
    "gives-zero": "def poll():\n    return {'text': 'a\\0b'}\n",
    "gives-big-int": "def poll():\n    return {'n': 2 ** 70}\n",
    "not-finite": """
import math

def poll():
    return {"a": math.nan, "b": -math.inf, "c": 1.5}
""",
    "gives-none": "def poll():\n    return None\n",
    # Too much
    "too-large": "def poll():\n    return {'text': 'x' * 20_000}\n",
    "too-many-fields": "def poll():\n    return {f'f{i}': i for i in range(65)}\n",
    "most-fields": "def poll():\n    return {f'f{i}': i for i in range(64)}\n",
    "too-many-readings": """
def poll():
    return [{"sensor_id": f"many-{i}", "value": i} for i in range(257)]
""",
    "too-deep": """
def poll():
    value = 1
    for _ in range(100):
        value = [value]
    return {"deep": value}
""",
    "endless-text": "def poll():\n    return {'text': 'x' * 3_000_000}\n",
    # Names
    "odd-names": """
def poll():
    return [{"sensor_id": "with space", "value": 1},
            {"sensor_id": 'quote"<b>&', "value": 2},
            {"sensor_id": "y" * 200, "value": 3},
            {"sensor_id": "../../etc", "value": 4}]
""",
    "number-as-id": "def poll():\n    return {'sensor_id': 7, 'value': 1}\n",
    # Talk
    "talks": """
def poll():
    for number in range(20_000):
        print(f"line {number:05} " + "." * 40)
    return {"done": True}
""",
    "talks-once": """
silent = False

def poll():
    global silent
    if not silent:
        print("word\\n" * 1000)
    silent = True
    return {"done": True}
""",
    "fakes-lines": r'''
import sys

def poll():
    print("good\n2026-01-31T12:00:00.000Z error broker: the house is on fire")
    print("\x1b[2J\x1b[31mred\x07\x00\x9b1m \u202eback\u2028line")
    sys.stdout.buffer.write(b"\xff\xfe raw\r2026-01-31T12:00:00.000Z info broker: fake\n")
    print("no line ends here", end="")
    raise ValueError("two\n2026-01-31T12:00:00.000Z error broker: lines")
''',
    # Time and memory
    "endless-loop": "def poll():\n    while True:\n        pass\n",
    "endless-loop-at-load": "while True:\n    pass\n",
    "sleeps": "import time\n\ndef poll():\n    time.sleep(3600)\n",
    "catches-all": """
def poll():
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
    "memory-bomb": """
def poll():
    kept = []
    while True:
        kept.append(' ' * 10 ** 6)
""",
    "memory-bomb-in-one": "def poll():\n    return {'n': len(bytearray(2 ** 31 - 1))}\n",
}

# What a plugin can reach besides the host's functions; somebody listens on PORT.
PROBES = '''
import os
import sys

def attempt(function):
    try:
        return f"got {function()!r}"
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:100]

def socket_connect():
    import socket
    connection = socket.socket()
    connection.connect(("127.0.0.1", PORT))
    return connection

def datagram():
    import socket
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", PORT))

def subprocess_run():
    import subprocess
    return subprocess.run(["id"])

def ctypes_libc():
    import ctypes
    return ctypes.CDLL(None)

def read_memory():
    with open("/proc/self/mem", "rb") as file:
        return file.read(1)

PROBES = {
    "passwd": lambda: open("/etc/passwd").read(),
    "root": lambda: os.listdir("/"),
    "here": lambda: os.listdir("."),
    "write": lambda: open("/tmp/from-a-plugin", "w"),
    "own_file": lambda: open(__file__).read(),
    "memory": read_memory,
    "fork": lambda: os.fork(),
    "system": lambda: os.system("id"),
    "kill": lambda: os.kill(1, 9),
    "socket": socket_connect,
    "datagram": datagram,
    "subprocess": subprocess_run,
    "ctypes": ctypes_libc,
    "descriptors": lambda: [os.fstat(fd) for fd in range(3, 20)],
}

def poll():
    found = {name: attempt(probe) for name, probe in PROBES.items()}
    found["environment"] = str(sorted(os.environ))
    found["arguments"] = str(sys.argv)
    return found
'''

RANDOM = """
import os
import random
import secrets
import uuid

at_load = random.random()

def poll():
    return {"random": random.random(), "at_load": at_load, "urandom": os.urandom(8).hex(),
            "secret": secrets.token_hex(8), "uuid": str(uuid.uuid4())}
"""
