r"""Calls an interface of another package.

ends: killed
says: the guest made a host call to an unknown function
wall: the table of interfaces
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "evil:plugin/i2c@0.1.0", "run")
    link.wait()
