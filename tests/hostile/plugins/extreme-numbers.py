r"""The smallest and the largest value of every argument, with every permission there is.

ends: harmless
says: "calls": \d\d, "done": true
wall: the limits of each capability
grant: allow_gpio = [23]
grant: allow_i2c = [0x77]
grant: allow_leds = true
grant: allow_buzzer = true
grant: allow_fan = true
grant: allow_spi = ["spi0.0"]
grant: allow_uart = ["serial0"]
"""
from wit_world.imports import (buzzer_controller, fan_controller, gpio, gpio_provider, i2c,
                               led_controller, spi, uart)

U8, U16, U32 = 2 ** 8 - 1, 2 ** 16 - 1, 2 ** 32 - 1
CALLS = [
    (gpio_provider.read_dht22, U8), (gpio_provider.read_bme680, U8), (gpio_provider.read_bme680, 0),
    (led_controller.set_led, U8, U8, U8, U8), (led_controller.set_all, U8, U8, U8),
    (led_controller.set_two, U8, U8, U8, U8, U8, U8), (led_controller.clear,),
    (buzzer_controller.buzz, U32), (buzzer_controller.buzz, 0),
    (buzzer_controller.beep, U8, U32, U32), (buzzer_controller.beep, U8, 1, 0),
    (buzzer_controller.beep, 0, U32, U32), (fan_controller.set_fan, True),
    (i2c.transfer, 0x77, "", U32), (i2c.transfer, 0x77, "0", 0), (i2c.transfer, 0x77, "zz", 1),
    (i2c.transfer, 0x77, "00" * 9000, 1), (i2c.write_read, 1, U16, b"", U32),
    (i2c.write_read, U8, 0x77, b"", U32), (i2c.write_read, 1, 0x77, bytes(9000), 1),
    (i2c.write_read, 1, 0x77, b"", 0), (i2c.write_read, 1, 0x77, b"", U32),
    (gpio.read, U8), (gpio.write, U8, True), (gpio.set_mode, U8, gpio.Mode.OUTPUT),
    (gpio.capture_edges, 23, 0, U32), (gpio.capture_edges, 23, 1, 0),
    (gpio.capture_edges, 23, 0, 0), (spi.transfer, b""), (spi.transfer, bytes(100_000)),
    (spi.transfer_device, "", b""), (spi.transfer_device, "x" * 10_000, b""),
    (uart.read, U32), (uart.write, b""), (uart.set_baud, 0), (uart.set_baud, U32),
    (uart.read_port, "", U32), (uart.write_port, "serial0", bytes(100_000)),
    (uart.set_port_baud, "serial0", 1),
]


def poll():
    for function, *args in CALLS:
        try:
            function(*args)
        except Exception:
            pass
    return {"calls": len(CALLS), "done": True}
