"""The driver from Adafruit, on board and busio."""
import adafruit_mcp9808
import board

sensor = adafruit_mcp9808.MCP9808(board.I2C())


def poll():
    return {"temperature": sensor.temperature}
