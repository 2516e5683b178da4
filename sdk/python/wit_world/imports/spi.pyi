def transfer(data: bytes) -> bytes:
    """Full duplex on the first device: as many bytes come back as go out.

    Raises: `componentize_py_types.Err(str)`
    """


def transfer_device(device: str, data: bytes) -> bytes:
    """The same on a device by its name: "spi0.0" is /dev/spidev0.0.

    Raises: `componentize_py_types.Err(str)`
    """
