r"""Calls a function with a name of a megabyte.

ends: killed
says: the guest made a host call to an unknown function
wall: the limits on names
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/" + "i2c" * 100_000 + "@0.1.0", "x" * 500_000)
    link.wait()
