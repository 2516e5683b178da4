"""w1thermsensor, on the files in /sys."""
from w1thermsensor import W1ThermSensor


def poll():
    return {"temperature": W1ThermSensor().get_temperature()}
