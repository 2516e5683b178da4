"""The driver from Pimoroni, on smbus2."""
import bme680

sensor = bme680.BME680(bme680.I2C_ADDR_SECONDARY)
sensor.set_gas_heater_temperature(320)
sensor.set_gas_heater_duration(30)
sensor.select_gas_heater_profile(0)


def poll():
    if not sensor.get_sensor_data():
        raise OSError("no data")
    data = sensor.data
    return {"temperature": data.temperature, "humidity": data.humidity, "pressure": data.pressure,
            "gas_resistance": data.gas_resistance, "stable": data.heat_stable}
