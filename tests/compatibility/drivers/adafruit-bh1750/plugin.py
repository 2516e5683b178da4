"""The driver from Adafruit, on board and busio."""
import adafruit_bh1750
import board

sensor = adafruit_bh1750.BH1750(board.I2C())


def poll():
    return {"lux": sensor.lux}
