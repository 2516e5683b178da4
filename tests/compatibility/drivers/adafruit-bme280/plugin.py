"""The driver from Adafruit, on board and busio."""
import board
from adafruit_bme280 import basic

sensor = basic.Adafruit_BME280_I2C(board.I2C(), address=0x76)


def poll():
    return {"temperature": sensor.temperature, "humidity": sensor.relative_humidity,
            "pressure": sensor.pressure}
