r"""Starts threads without end, while it answers its polls well.

ends: killed
says: has \d+ threads, its limit is 64
wall: the broker counts each process's threads; limits of the kernel where guests have a user of their own
"""
import threading
import time


def run(link):
    threading.stack_size(65536)

    def poll():
        for _ in range(50):
            threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
        return {"value": 1}
    link.serve(poll)
