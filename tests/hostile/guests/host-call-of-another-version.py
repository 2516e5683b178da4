r"""Calls an interface of a version that does not exist.

ends: killed
says: the guest made a host call to an unknown function
wall: the table of interfaces
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/i2c@9.9.9", "transfer", 0x23, "", 1)
    link.wait()
