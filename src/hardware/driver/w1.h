/*
 * Driver for thermometers on the 1-Wire bus (the DS18B20 and its family). Parses the text into
 * which the kernel's driver w1_therm turns their answer.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_W1_H
#define HARVESTER_HARDWARE_DRIVER_W1_H

struct error;
struct w1_bus;

/*
 * Parse the temperature, -55..125 °C, from the text of a w1_slave file. ERROR_CHECKSUM if the
 * kernel says that the checksum is wrong; ERROR_MALFORMED if the text has another form;
 * ERROR_IMPLAUSIBLE for an answer of zeros (a line held low gives one, with a right checksum), for
 * the 85 °C that the chip holds before its first measurement, and for a value out of range. Any
 * thread.
 */
int w1_parse_temperature(const char *text, double *ret_temperature_c, struct error *err);

/* Read one thermometer. Blocks until it has measured. Codes as above, and those of w1_bus_read().
 */
int w1_read_temperature(struct w1_bus *bus, const char *name, double *ret_temperature_c,
			struct error *err);

#endif
