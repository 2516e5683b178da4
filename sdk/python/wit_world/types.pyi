"""The older name of componentize_py_types."""
from componentize_py_types import Err as Err, Ok as Ok, Some as Some
