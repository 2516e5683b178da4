/*
 * A backend that takes each kind of bus from another backend: for example real gpio beside
 * simulated i2c. A bus that it opens belongs to that other backend, whose `simulated` flag it
 * carries.
 */
#ifndef HARVESTER_HARDWARE_BUS_MIXED_H
#define HARVESTER_HARDWARE_BUS_MIXED_H

struct backend;
struct error;

/* Borrowed: they must outlive the mixed backend. One backend may serve several kinds. */
struct mixed_parts {
	struct backend *i2c, *spi, *gpio, *uart, *w1;
};

/* The caller destroys it with backend_destroy(). ERROR_NO_MEMORY. */
int mixed_backend_create(const struct mixed_parts *parts, struct backend **ret_backend,
			 struct error *err);

#endif
