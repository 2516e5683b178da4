"""RPi.bme280, on smbus2."""
import bme280
import smbus2

bus = smbus2.SMBus(1)
calibration = bme280.load_calibration_params(bus, 0x76)


def poll():
    data = bme280.sample(bus, 0x76, calibration)
    return {"temperature": data.temperature, "humidity": data.humidity, "pressure": data.pressure}
