r"""Sets every LED, though the configuration gives it number 5.

ends: harmless
says: "done": true
world: "leds": \["000000", "000000", "000000", "000000", "000000", "[^"]*[1-9a-f][^"]*", "000000"
wall: the configuration's LED
grant: allow_leds = true
"""
from wit_world.imports import led_controller


def poll():
    for index in range(256):
        led_controller.set_led(index, 255, 0, 0)
    led_controller.set_all(255, 0, 0)
    led_controller.set_two(255, 0, 0, 255, 0, 0)
    led_controller.sync_leds()
    return {"done": True}
