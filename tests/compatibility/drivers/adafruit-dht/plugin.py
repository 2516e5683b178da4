"""The driver from Adafruit, by pulses that it measures itself."""
import adafruit_dht
import board

sensor = adafruit_dht.DHT22(board.D4, use_pulseio=False)


def poll():
    return {"temperature": sensor.temperature, "humidity": sensor.humidity}
