"""scd30_i2c, on smbus2's i2c_rdwr."""
from scd30_i2c import SCD30

sensor = SCD30()


def poll():
    co2, temperature, humidity = sensor.read_measurement()
    return {"co2": co2, "temperature": temperature, "humidity": humidity}
