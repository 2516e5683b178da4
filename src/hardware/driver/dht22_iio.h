/*
 * A DHT22 read by the kernel's driver "dht11", which offers it as an IIO device. The kernel loses
 * no edges when the machine is busy. While that driver is bound, nobody else can request the line.
 * See Documentation/devicetree/bindings/iio/humidity/dht11.yaml, drivers/iio/humidity/dht11.c.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_DHT22_IIO_H
#define HARVESTER_HARDWARE_DRIVER_DHT22_IIO_H

#include <stddef.h>

struct dht22_reading;
struct error;

/*
 * Find the folder of the IIO device whose data line is GPIO `pin`, by its device tree node. The
 * caller frees *ret_folder with free(). `root` is "", or a folder that stands for / in tests.
 * ERROR_NOT_FOUND if there is no such device.
 */
int dht22_iio_find(const char *root, unsigned pin, char **ret_folder, struct error *err);

/*
 * Measure, or return what the kernel measured in the last 2 s. Blocks for about 30 ms: call on the
 * gpio chip's thread. Does not check whether the values are plausible. ERROR_TIMEOUT,
 * ERROR_CHECKSUM, ERROR_MALFORMED, ERROR_SYSTEM.
 */
int dht22_iio_read(const char *folder, struct dht22_reading *ret_reading, struct error *err);

#endif
