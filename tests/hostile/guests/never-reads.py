r"""Never reads what it is sent.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the deadline; the limit on what waits for it
"""


def run(link):
    link.start()
    link.sleep()
