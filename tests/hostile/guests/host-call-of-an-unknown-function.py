r"""Calls a function that the interface does not have.

ends: killed
says: the guest made a call to i2c\.%n%n, which is no host function
wall: the table of functions
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/i2c@0.1.0", "%n%n")
    link.wait()
