/*
 * A DHT22 that the kernel itself reads: its driver dht11 gives it as an IIO device, with whole
 * frames whatever this machine is busy with. Where that driver is bound, the line is the kernel's.
 * Documentation/devicetree/bindings/iio/humidity/dht11.yaml, drivers/iio/humidity/dht11.c.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_DHT22_IIO_H
#define HARVESTER_HARDWARE_DRIVER_DHT22_IIO_H

#include <stddef.h>

struct dht22_reading;
struct error;

/*
 * The folder of the device whose data line is GPIO `pin`, as its node of the device tree says. New
 * in *ret_folder. `root`: "" or a folder that stands for / in tests. ERROR_NOT_FOUND: there is
 * none.
 */
int dht22_iio_find(const char *root, unsigned pin, char **ret_folder, struct error *err);

/*
 * Measure, or take what the kernel measured in the last 2 s: blocks for about 30 ms, for a thread
 * of the pool. ERROR_TIMEOUT, ERROR_CHECKSUM, ERROR_MALFORMED, ERROR_SYSTEM. Not checked for
 * plausibility.
 */
int dht22_iio_read(const char *folder, struct dht22_reading *ret_reading, struct error *err);

#endif
