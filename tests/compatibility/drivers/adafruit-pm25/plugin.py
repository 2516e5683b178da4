"""The driver from Adafruit, on serial."""
import serial
from adafruit_pm25.uart import PM25_UART

port = serial.Serial("/dev/serial0", baudrate=9600, timeout=3)
sensor = PM25_UART(port)


def poll():
    data = sensor.read()
    return {"pm1": data["pm10 standard"], "pm25": data["pm25 standard"],
            "pm10": data["pm100 standard"]}
