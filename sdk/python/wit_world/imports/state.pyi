"""Small values that survive a reload, a crash and a restart of the machine."""

def get(key: str) -> bytes | None:
    """None for a key that is not set.

    Raises: `componentize_py_types.Err(str)`
    """


def set(key: str, value: bytes) -> None:
    """A key has 1 to 128 bytes, a value at most 16384; a plugin has at most 256 keys, and a quota
    for all its keys and values together (`state_kb` in its `permission.toml`). To set what is
    there already costs no write.

    Raises: `componentize_py_types.Err(str)`
    """


def delete(key: str) -> None:
    """A key that is not set is no error.

    Raises: `componentize_py_types.Err(str)`
    """


def keys() -> list[str]:
    """Every key, in the order of their bytes.

    Raises: `componentize_py_types.Err(str)`
    """
