"""Transfers as much as a transfer may hold, again and again.

named: took longer than its deadline
grant: allow_spi = ["spi0.1"]
grant: deadline_seconds = 1.5
seconds: 5
beside: converter
"""
from wit_world.imports import spi


def poll():
    while True:
        spi.transfer_device("spi0.1", bytes(4096))
