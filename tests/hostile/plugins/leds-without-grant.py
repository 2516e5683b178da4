r"""Sets every LED, without a grant.

ends: harmless
says: "done": true
world: "leds": \["000000", "000000", "000000"
wall: the grant
"""
from wit_world.imports import led_controller


def poll():
    led_controller.set_all(255, 0, 0)
    for index in range(256):
        led_controller.set_led(index, 255, 0, 0)
    led_controller.set_two(255, 0, 0, 255, 0, 0)
    led_controller.sync_leds()
    return {"done": True}
