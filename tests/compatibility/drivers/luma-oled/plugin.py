"""luma.oled, which draws with Pillow."""
from luma.core.interface.serial import i2c
from luma.oled.device import ssd1306

display = ssd1306(i2c(port=1, address=0x3C))


def poll():
    return {"width": display.width}
