"""gpiozero's Button and LED, on RPi.GPIO. A press is seen between two polls."""
from gpiozero import LED, Button

presses = 0


def pressed():
    global presses
    presses += 1
    led.toggle()


led = LED(24)
button = Button(22)
button.when_pressed = pressed


def poll():
    return {"pressed": button.is_pressed, "presses": presses, "led": led.is_lit}
