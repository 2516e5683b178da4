/*
 * A backend made of others, one for each kind of bus: real gpio beside simulated i2c, say. What is
 * opened on it is of the part, and says of itself whether it is simulated.
 */
#ifndef HARVESTER_HARDWARE_BUS_MIXED_H
#define HARVESTER_HARDWARE_BUS_MIXED_H

struct backend;
struct error;

/* All borrowed: they must outlive the mixed one. One may stand for several kinds. */
struct mixed_parts {
	struct backend *i2c, *spi, *gpio, *uart, *w1;
};

int mixed_backend_create(const struct mixed_parts *parts, struct backend **ret_backend,
			 struct error *err);

#endif
