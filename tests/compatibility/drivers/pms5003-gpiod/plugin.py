"""The driver from Pimoroni of version 1, on gpiod."""
from pms5003 import PMS5003


def poll():
    return {"pm25": PMS5003().read().pm_ug_per_m3(2.5)}
