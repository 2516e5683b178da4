"""The driver from Adafruit, on board and busio."""
import board
from adafruit_ads1x15 import ADS1115, AnalogIn

chip = ADS1115(board.I2C())


def poll():
    return {"volts": AnalogIn(chip, 0).voltage}
