"""Gives one value of every kind of type; fails at every second poll."""
import math

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import shapes_logic as types


def fail() -> None:
    """What the log has to point at."""
    raise LookupError("the sensor fell off the wall")


class ShapesLogic(exports.ShapesLogic):
    """Counts its polls."""

    def __init__(self) -> None:
        self.polls = 0

    def poll(self) -> list[types.Shape]:
        """One reading, or an exception."""
        self.polls += 1
        if self.polls % 2 == 0:
            fail()
        return [types.Shape(
            "shapes:1", math.nan, math.inf, [[1.5, 2.5], [], [-0.5]], None, 7,
            types.Quality.BAD_AIR,
            [types.Weather_Calm(), types.Weather_Wind(3.5), types.Weather_Gusts([1.0, 2.0])],
            types.Marks.FIRST | types.Marks.THIRD, types.Place("attic", -3), (9, "nine"),
            Err("no luck"), "é", -2 ** 63, 2 ** 63 - 1)]
