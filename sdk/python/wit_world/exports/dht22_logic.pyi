"""The record of `dht22-logic`."""
from dataclasses import dataclass


@dataclass
class Dht22Reading:
    sensor_id: str
    temperature: float
    humidity: float
    timestamp_ms: int
