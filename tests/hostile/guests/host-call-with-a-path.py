r"""Calls an interface whose name is a path.

ends: killed
says: the guest made a call to \.\./\.\./bin/sh\.run, which is no host function
wall: the table of interfaces
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/../../bin/sh@0.1.0", "run")
    link.wait()
