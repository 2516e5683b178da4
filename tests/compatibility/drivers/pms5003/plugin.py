"""The driver from Pimoroni, on serial and RPi.GPIO."""
from pms5003 import PMS5003

sensor = PMS5003(device="/dev/serial0", baudrate=9600, pin_enable=23, pin_reset=25)


def poll():
    data = sensor.read()
    return {"pm1": data.pm_ug_per_m3(1.0), "pm25": data.pm_ug_per_m3(2.5),
            "pm10": data.pm_ug_per_m3(10)}
