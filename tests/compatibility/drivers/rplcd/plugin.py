"""RPLCD, on smbus2: a text display behind a PCF8574."""
from RPLCD.i2c import CharLCD

display = CharLCD("PCF8574", 0x27, cols=16, rows=2)


def poll():
    display.clear()
    display.write_string("21.5 C")
    return {"shown": True}
