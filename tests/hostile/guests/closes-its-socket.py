r"""Closes its socket between two polls and lives on.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the end of the socket, or the next poll's deadline
"""
import socket


def run(link):
    link.start()
    link.take()
    link.answer(1, {"value": 1})
    link.socket.shutdown(socket.SHUT_RDWR)
    link.socket.close()
    link.sleep()
