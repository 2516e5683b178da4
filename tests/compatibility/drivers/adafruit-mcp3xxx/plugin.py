"""The driver from Adafruit, on busio, with the second chip select."""
import board
import busio
import digitalio
from adafruit_mcp3xxx import mcp3008
from adafruit_mcp3xxx.analog_in import AnalogIn

spi = busio.SPI(board.SCK, board.MOSI, board.MISO)
chip = mcp3008.MCP3008(spi, digitalio.DigitalInOut(board.CE1))


def poll():
    return {f"input{i}": AnalogIn(chip, i).voltage for i in range(8)}
