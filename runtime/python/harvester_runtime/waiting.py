"""asyncio where there are no sockets, and clear errors where something would need a thread.

The standard event loop wakes itself through a pair of sockets and waits in select. Here nothing
can happen while the only thread waits but that time passes.
"""
import asyncio
import os
import select
import selectors
import threading
import time
import warnings
from typing import Any, Callable, NoReturn

NO_THREADS = "threads do not exist in the sandbox; asyncio does, with its timers and tasks"
NO_SOCKETS = "sockets, pipes, signals and processes do not exist in the sandbox"
SOCKET_METHODS = (
    "add_reader", "add_signal_handler", "add_writer", "connect_accepted_socket",
    "connect_read_pipe", "connect_write_pipe", "create_connection", "create_datagram_endpoint",
    "create_server", "create_unix_connection", "create_unix_server", "getaddrinfo", "getnameinfo",
    "remove_reader", "remove_signal_handler", "remove_writer", "sendfile", "sock_accept",
    "sock_connect", "sock_recv", "sock_recv_into", "sock_recvfrom", "sock_recvfrom_into",
    "sock_sendall", "sock_sendfile", "sock_sendto", "start_tls", "subprocess_exec",
    "subprocess_shell")


class Sleeper:
    """Stands in for a selector that has nothing to watch."""

    def select(self, timeout: float | None) -> list[Any]:
        """Sleep until the next timer. Without one the loop would sleep for ever."""
        if timeout is None:
            raise RuntimeError("every task waits, and nothing is left that could wake one")
        if timeout > 0:
            time.sleep(timeout)
        return []


class Loop(asyncio.BaseEventLoop):
    """An event loop of tasks and timers."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = Sleeper()

    def _process_events(self, events: list[Any]) -> None:
        """Called with what select returned: nothing."""

    def _write_to_self(self) -> None:
        """Would wake the loop from another thread."""

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:
        """Would need a thread."""
        raise RuntimeError(NO_THREADS)


def select_nothing(readers: Any, writers: Any, others: Any,
                   timeout: float | None = None) -> tuple[list[Any], list[Any], list[Any]]:
    """select.select() as a sleep, which is all that can happen without files. The sandbox ends
    the plugin that waits for none of them.
    """
    if readers or writers or others or timeout is None:
        raise RuntimeError(NO_SOCKETS)
    time.sleep(timeout)
    return [], [], []


def wait_in_vain(condition: threading.Condition, timeout: float | None = None) -> bool:
    """Condition.wait(), on which Event and Queue stand: nobody can notify, but time passes."""
    if timeout is None:
        raise RuntimeError(f"nothing is left that could end this wait: {NO_THREADS}")
    time.sleep(max(timeout, 0))
    return False


def _refusal(text: str) -> Callable[..., NoReturn]:
    def refuse(*args: Any, **named: Any) -> NoReturn:
        raise RuntimeError(text)
    return refuse


for _name in SOCKET_METHODS:
    setattr(Loop, _name, _refusal(NO_SOCKETS))


def install() -> None:
    """Make asyncio.run use this loop, and Thread.start, which all thread pools use, say why not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # policies are; there is no other way
        policy = asyncio.DefaultEventLoopPolicy()
        policy._loop_factory = Loop  # type: ignore[attr-defined]
        asyncio.set_event_loop_policy(policy)
    setattr(threading.Thread, "start", _refusal(NO_THREADS))
    setattr(os, "system", _refusal(NO_SOCKETS))
    setattr(threading.Condition, "wait", wait_in_vain)
    setattr(select, "select", select_nothing)
    setattr(select, "poll", _refusal(NO_SOCKETS))
    setattr(selectors.SelectSelector, "_select", staticmethod(select_nothing))
    setattr(selectors, "DefaultSelector", selectors.SelectSelector)
