"""The driver from Adafruit, on board and busio: a frame around the picture."""
import adafruit_ssd1306
import board

display = adafruit_ssd1306.SSD1306_I2C(128, 64, board.I2C())


def poll():
    display.fill(0)
    display.rect(0, 0, 128, 64, 1)
    display.show()
    return {"shown": bytes(display.buffer)[-1024:].hex()}
