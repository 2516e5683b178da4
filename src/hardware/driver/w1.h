/*
 * Thermometers on the 1-Wire bus (DS18B20 and its family), from the text that the kernel's driver
 * w1_therm makes of their scratchpad.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_W1_H
#define HARVESTER_HARDWARE_DRIVER_W1_H

struct error;
struct w1_bus;

/*
 * °C, -55..125, from the text of a w1_slave file. ERROR_CHECKSUM; ERROR_MALFORMED;
 * ERROR_IMPLAUSIBLE for a scratchpad of zeros, whose checksum is right (a line that is held low),
 * for the 85 °C that the chip has before its first conversion, and for what is out of its range.
 * Any thread.
 */
int w1_parse_temperature(const char *text, double *ret_temperature_c, struct error *err);

/* Read one; blocks for its conversion. The codes above and those of w1_bus_read(). */
int w1_read_temperature(struct w1_bus *bus, const char *name, double *ret_temperature_c,
			struct error *err);

#endif
