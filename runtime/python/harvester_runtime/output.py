"""What a plugin prints and logs. stdout and stderr go out as they are: the host labels them."""
import logging
import sys
from typing import Any


class HostHandler(logging.Handler):
    """Sends log records to the host with their level, which plain text on stderr would lose."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self.log = log
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """See logging."""
        try:
            text = self.format(record)
            if record.name != "root":
                text = f"{record.name}: {text}"
            text = text.encode("utf-8", "backslashreplace").decode()
            self.log.write(self._level(record.levelno), text)
        except Exception:  # noqa: B902  logging's own rule: a log call does not raise
            self.handleError(record)

    def _level(self, number: int) -> Any:
        levels = self.log.Level
        if number >= logging.ERROR:
            return levels.ERROR
        if number >= logging.WARNING:
            return levels.WARNING
        return levels.INFO if number >= logging.INFO else levels.DEBUG


def install(log: Any) -> None:
    """Send everything to the host, which knows the level that is wanted."""
    logging.basicConfig(handlers=[HostHandler(log)], level=logging.DEBUG)
    logging.raiseExceptions = False


def flush() -> None:
    """Before control goes back to the host: a line that is held back here would get the time of a
    later call. The sandbox's own streams hold nothing back.
    """
    for name in ("stdout", "stderr"):
        try:
            stream = getattr(sys, name)
            if stream is not UNBUFFERED[name]:
                stream.flush()
        except BaseException:  # noqa: B902  a plugin may have put anything there
            continue


def _if_unbuffered(stream: Any) -> Any:
    return stream if getattr(stream, "write_through", False) else None


UNBUFFERED = {"stdout": _if_unbuffered(sys.stdout), "stderr": _if_unbuffered(sys.stderr)}
