"""mcp3008, on spidev."""
import mcp3008

adc = mcp3008.MCP3008(0, 1)


def poll():
    return {f"input{i}": value for i, value in enumerate(adc.read_all(3.3))}
