"""The driver from Adafruit, on board and busio."""
import adafruit_bme680
import board

sensor = adafruit_bme680.Adafruit_BME680_I2C(board.I2C(), address=0x77)


def poll():
    return {"temperature": sensor.temperature, "humidity": sensor.relative_humidity,
            "pressure": sensor.pressure, "gas_resistance": sensor.gas}
