"""asyncio without sockets, and what says that there are no threads."""
import asyncio
import concurrent.futures
import os
import queue
import select
import selectors
import threading
import time
import warnings
from typing import Any, Callable, Coroutine, Iterator

import pytest

from harvester_runtime import waiting

PATCHED = ((os, "system"), (threading.Thread, "start"), (threading.Condition, "wait"),
           (select, "select"), (select, "poll"), (selectors.SelectSelector, "_select"), (selectors, "DefaultSelector"))


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """As in the sandbox, but a sleep only moves the clock; gives the sleeps."""
    slept: list[float] = []
    clock = time.monotonic()
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: clock + sum(slept))
    for owner, name in PATCHED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    waiting.install()
    yield slept
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        asyncio.set_event_loop_policy(None)


async def one_of_each() -> list[Any]:
    """Timers, tasks, a queue, a timeout and an event."""
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def give(number: int) -> int:
        await asyncio.sleep(number)
        await queue.put(number)
        return number
    found: list[Any] = await asyncio.gather(give(2), give(1), give(0))
    found += [await queue.get() for _ in range(3)]
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 5)
    except asyncio.TimeoutError:
        found.append("late")
    event = asyncio.Event()
    asyncio.get_running_loop().call_soon_threadsafe(event.set)
    await event.wait()
    return found


def test_tasks_and_timers(installed: list[float]) -> None:
    assert asyncio.run(one_of_each()) == [2, 1, 0, 0, 1, 2, "late"]
    assert sum(installed) == pytest.approx(7, abs=0.1)


def test_again_and_again(installed: list[float]) -> None:
    for _ in range(3):
        assert asyncio.run(asyncio.sleep(1, "done")) == "done"
    assert sum(installed) == pytest.approx(3, abs=0.1)


def test_waiting_for_nothing_is_an_error() -> None:
    async def wait() -> None:
        await asyncio.Future()
    with pytest.raises(RuntimeError, match="every task waits, and nothing is left"):
        asyncio.run(wait())
    assert asyncio.run(asyncio.sleep(0, 5)) == 5


@pytest.mark.parametrize("start, text", [
    (lambda: asyncio.open_connection("127.0.0.1", 80), waiting.NO_SOCKETS),
    (lambda: asyncio.start_server(print, "127.0.0.1", 0), waiting.NO_SOCKETS),
    (lambda: asyncio.create_subprocess_exec("id"), waiting.NO_SOCKETS),
    (lambda: asyncio.to_thread(print), waiting.NO_THREADS),
])
def test_what_asyncio_cannot_do(start: Callable[[], Coroutine[Any, Any, Any]], text: str) -> None:
    with pytest.raises(RuntimeError) as info:
        asyncio.run(start())
    assert str(info.value) == text


def test_every_refusal_is_of_a_method_that_exists() -> None:
    assert not [name for name in waiting.SOCKET_METHODS
                if not hasattr(asyncio.AbstractEventLoop, name)
                and not hasattr(asyncio.SelectorEventLoop, name)]


@pytest.mark.parametrize("start", [
    lambda: threading.Thread(target=print).start(),
    lambda: threading.Timer(1, print).start(),
    lambda: concurrent.futures.ThreadPoolExecutor().submit(print),
])
def test_no_threads(start: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match="^threads do not exist in the sandbox"):
        start()


def test_waiting_with_a_timeout_is_a_sleep(installed: list[float]) -> None:
    assert threading.Event().wait(0.5) is False
    condition = threading.Condition()
    with condition:
        assert condition.wait(0.25) is False
    assert select.select([], [], [], 2) == ([], [], [])
    assert selectors.DefaultSelector().select(3) == []
    assert [seconds for seconds in installed if seconds > 0] == pytest.approx([0.5, 0.25, 2, 3])


@pytest.mark.parametrize("wait", [
    lambda: threading.Event().wait(), lambda: queue.Queue().get(), lambda: select.select([0], [], []),
    lambda: select.select([], [], []), lambda: select.poll()])
def test_waiting_for_ever_is_an_error(wait: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match="the sandbox"):
        wait()


def test_what_is_there_is_not_waited_for(installed: list[float]) -> None:
    event, items = threading.Event(), queue.Queue[int]()
    event.set()
    items.put(5)
    assert event.wait() and items.get() == 5
    assert installed == []
