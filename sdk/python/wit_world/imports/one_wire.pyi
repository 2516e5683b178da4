def devices() -> list[str]:
    """The ids, such as "28-0316a2794bff", of the devices that are there and that the plugin may read.

    Raises: `componentize_py_types.Err(str)`
    """


def read_temperature(id: str) -> float:
    """Degrees Celsius. It takes as long as a conversion, 0.75 s.

    Raises: `componentize_py_types.Err(str)`
    """
