r"""Connects, listens, sends and asks for names.

ends: harmless
says: "done": \[\]
wall: no network is given to WASI; seccomp and Landlock behind it
"""


def tcp():
    import socket
    return socket.create_connection(("127.0.0.1", 22), 0.1)


def listen():
    import socket
    return socket.create_server(("0.0.0.0", 0))


def datagram():
    import socket
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 53))


def unix():
    import socket
    return socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")


def names():
    import socket
    return socket.getaddrinfo("localhost", 80)


def http():
    import urllib.request
    return urllib.request.urlopen("http://127.0.0.1:3000/")


def pair():
    import socket
    return socket.socketpair()


def poll():
    done = []
    for way in (tcp, listen, datagram, unix, names, http, pair):
        try:
            way()
            done.append(way.__name__)
        except Exception:
            pass
    return {"done": done}
