"""smbus2, over the i2c addresses that the plugin was granted."""
from smbus2.smbus2 import I2cFunc, SMBus, i2c_msg

__version__ = "0.5.0"
__all__ = ["I2cFunc", "SMBus", "i2c_msg"]
