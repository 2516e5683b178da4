"""What drivers import of Adafruit Blinka itself: locks and enums."""
from typing import Any, Iterator


class Enum:
    """Cases are instances, set on the class after it is made."""

    def __repr__(self) -> str:
        for name, value in type(self).iteritems():
            if value is self:
                return f"{type(self).__module__}.{type(self).__name__}.{name}"
        return f"<{type(self).__name__}>"

    @classmethod
    def iteritems(cls) -> Iterator[tuple[str, Any]]:
        """Names and cases."""
        return ((name, value) for name, value in vars(cls).items() if isinstance(value, cls))


class ContextManaged:
    """Ends with deinit()."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: Any) -> None:
        self.deinit()

    def deinit(self) -> None:
        """Let go of it."""


class Lockable(ContextManaged):
    """A bus that one driver at a time uses."""

    _locked = False

    def try_lock(self) -> bool:
        """True if it was free."""
        if self._locked:
            return False
        self._locked = True
        return True

    def unlock(self) -> None:
        """Free it."""
        if not self._locked:
            raise ValueError("Not locked")
        self._locked = False
