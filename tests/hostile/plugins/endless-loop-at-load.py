r"""Never ends to be imported.

ends: killed
says: loading took longer than its deadline of 0\.5 s and was killed
wall: the broker's deadline
"""
while True:
    pass
