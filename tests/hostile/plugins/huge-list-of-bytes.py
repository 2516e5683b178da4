r"""Hands the host a list that just does not fit into a frame.

ends: killed
says: the guest process (crashed|ended).*|used \d+ MB, its limit is \d+ MB
wall: the limits on the process's memory and on a frame
grant: allow_uart = ["serial0"]
"""
from wit_world.imports import uart


def poll():
    uart.write_port("serial0", bytes(2 ** 20 + 1))
