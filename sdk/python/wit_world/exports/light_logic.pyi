"""The record of `light-logic`."""
from dataclasses import dataclass


@dataclass
class LightReading:
    sensor_id: str
    illuminance: float
    timestamp_ms: int
