"""gpiozero's MCP3008, on spidev."""
from gpiozero import MCP3008

inputs = [MCP3008(channel, device=1) for channel in range(8)]


def poll():
    return {f"input{i}": one.voltage for i, one in enumerate(inputs)}
