r"""Calls a function with arguments that its types make impossible.

ends: killed
says: the guest made a call to gpio\.write: the arguments do not match its type: pass those
wall: the broker reads frames as a stranger's
grant: allow_gpio = [23]
"""


def run(link):
    link.start()
    link.take()
    link.host(1, "harvester:plugin/gpio@0.1.0", "write", 2 ** 40, "true")
    link.wait()
