"""How results and errors of the host look in Python."""
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Some(Generic[T]):
    """A value that is there, where None would be ambiguous."""

    value: T


@dataclass
class Ok(Generic[T]):
    """A result that is no error."""

    value: T


@dataclass(frozen=True)
class Err(Generic[T], Exception):
    """Raised by a function of the host that failed; `value` says why."""

    value: T
