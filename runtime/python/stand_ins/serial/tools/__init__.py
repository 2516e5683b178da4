"""Tools of pyserial: the list of ports, which is empty."""
