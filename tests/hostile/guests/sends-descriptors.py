r"""Sends open descriptors to the broker, to fill its table.

ends: harmless
says: "value": 1
wall: the broker takes none
"""
import array
import os
import socket


def run(link):
    def poll():
        fds = array.array("i", [os.open("/dev/null", os.O_RDONLY) for _ in range(200)])
        frame = link.frame(20, 1, b"with descriptors")
        link.socket.sendmsg([frame], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
        for fd in fds:
            os.close(fd)
        return {"value": 1}
    link.serve(poll)
