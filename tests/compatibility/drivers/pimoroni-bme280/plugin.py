"""The driver from Pimoroni, on i2cdevice and smbus2."""
import smbus2
from bme280 import BME280

sensor = BME280(i2c_dev=smbus2.SMBus(1))


def poll():
    return {"temperature": sensor.get_temperature(), "humidity": sensor.get_humidity(),
            "pressure": sensor.get_pressure()}
