"""The driver from Adafruit, on board and busio."""
import adafruit_sht31d
import board

sensor = adafruit_sht31d.SHT31D(board.I2C())


def poll():
    return {"temperature": sensor.temperature, "humidity": sensor.relative_humidity}
