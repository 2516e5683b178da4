"""The driver from Adafruit, on board and busio."""
import board
from adafruit_pca9685 import PCA9685

chip = PCA9685(board.I2C())
chip.frequency = 60
chip.channels[0].duty_cycle = 0x8000
chip.channels[15].duty_cycle = 0xFFFF


def poll():
    return {"frequency": chip.frequency, "duty0": chip.channels[0].duty_cycle / 0xFFFF,
            "duty15": chip.channels[15].duty_cycle / 0xFFFF}
