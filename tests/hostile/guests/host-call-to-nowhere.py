r"""Calls an interface of another package, with a path in its name.

ends: killed
says: the guest made a host call to nowhere
wall: the table of interfaces
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/../../bin/sh@0.1.0\0", "run")
    link.wait()
