def read(max_len: int) -> bytes:
    """What has arrived on the first port, up to `max-len` bytes; it does not wait.

    Raises: `componentize_py_types.Err(str)`
    """


def write(data: bytes) -> int:
    """The number of bytes written: at most as many as take 0.25 s at the port's baud rate, so that
    others come to the port as well. Call again with the rest.

    Raises: `componentize_py_types.Err(str)`
    """


def set_baud(rate: int) -> None:
    """Raises: `componentize_py_types.Err(str)`"""


def read_port(port: str, max_len: int) -> bytes:
    """The same on a port by its name: "serial0" is /dev/serial0.

    Raises: `componentize_py_types.Err(str)`
    """


def write_port(port: str, data: bytes) -> int:
    """Raises: `componentize_py_types.Err(str)`"""


def set_port_baud(port: str, rate: int) -> None:
    """Raises: `componentize_py_types.Err(str)`"""
