"""Reads a thermometer, which takes 0.75 s, again and again.

named: took longer than its deadline
grant: allow_w1 = ["28-0316a2794bff"]
grant: deadline_seconds = 1.5
seconds: 7
beside: thermometer
"""
from wit_world.imports import one_wire


def poll():
    while True:
        one_wire.read_temperature("28-0316a2794bff")
