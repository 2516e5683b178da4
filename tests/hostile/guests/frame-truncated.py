r"""Ends its socket, but not itself, in the middle of a frame.

ends: killed
says: poll\(\) took longer than its deadline of 0\.5 s and was killed
wall: the deadline
"""
import socket


def run(link):
    link.start()
    link.take()
    link.send_raw(b"\x00\x01\x00\x00\x84\x11")
    link.socket.shutdown(socket.SHUT_RDWR)
    link.socket.close()
    link.sleep()
