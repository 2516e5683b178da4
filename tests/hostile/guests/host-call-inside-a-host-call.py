r"""Calls the host again before the first call is answered.

ends: killed
says: the guest made a host call inside a host call
wall: the order of frames
grant: allow_gpio = [23]
"""


def run(link):
    link.start()
    link.take()
    for number in range(3):
        link.host(number, "harvester:plugin/gpio@0.1.0", "capture-edges", 23, 2000, 1024)
    link.wait()
