/*
 * Permissions: what a plugin asks for in its permission.toml, and what its owner lets it have.
 *
 * One struct serves for both. Without a file a plugin asks for nothing: permission_init(). The
 * owner's rules begin with everything, permission_init_all(), and each key that is written narrows
 * them. Plain values; any thread.
 */
#ifndef HARVESTER_CONFIG_PERMISSION_H
#define HARVESTER_CONFIG_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/problem.h"

struct buffer;

#define PERMISSION_FILE_SIZE_MAX 65536
#define PERMISSION_I2C_MAX 112	  /* all addresses there are: 0x08..0x77 */
#define PERMISSION_GPIO_MAX 256	  /* all lines there are: 0..255 */
#define PERMISSION_BUSES_MAX 8	  /* of i2c_bus */
#define PERMISSION_ENTRIES_MAX 64 /* spi names, uart names, and 1-wire ids */
#define PERMISSION_NAME_MAX 31	  /* bytes of an spi or uart name */

#define PERMISSION_MEMORY_MB_DEFAULT 64
#define PERMISSION_MEMORY_MB_MIN 8
#define PERMISSION_MEMORY_MB_MAX 512
#define PERMISSION_STATE_KB_DEFAULT 64
#define PERMISSION_STATE_KB_MAX 1024
#define PERMISSION_HOST_CALLS_DEFAULT 10000
#define PERMISSION_HOST_CALLS_MAX 100000
#define PERMISSION_DEADLINE_SECONDS_MIN 0.05
#define PERMISSION_DEADLINE_SECONDS_MAX 3600
#define PERMISSION_INTERVAL_SECONDS_MIN 0.005
#define PERMISSION_INTERVAL_SECONDS_MAX 86400

enum permission_direction { PERMISSION_IN = 1, PERMISSION_OUT = 2, PERMISSION_IN_OUT = 3 };

/* The lists are sorted where the functions below made them, which the has_ functions do not need.
 */
struct permission {
	uint16_t i2c[PERMISSION_I2C_MAX]; /* addresses: allow_i2c, "*" for all */
	size_t i2c_count;
	uint16_t share_i2c[PERMISSION_I2C_MAX]; /* with plugins that ask for the same */
	size_t share_i2c_count;
	uint16_t i2c_bus[PERMISSION_BUSES_MAX]; /* none: the bus of [hardware] i2c_bus */
	size_t i2c_bus_count;
	uint16_t gpio[PERMISSION_GPIO_MAX]; /* line numbers: allow_gpio, allow_gpio_in, … */
	size_t gpio_count;
	uint8_t gpio_direction[PERMISSION_GPIO_MAX]; /* by line number, of those in `gpio`: see the
							enum; 0 is in-out too */
	uint16_t share_gpio[PERMISSION_GPIO_MAX];
	size_t share_gpio_count;
	char spi[PERMISSION_ENTRIES_MAX]
		[PERMISSION_NAME_MAX + 1]; /* allow_spi = true means "spi0.0" */
	size_t spi_count;
	char uart[PERMISSION_ENTRIES_MAX]
		 [PERMISSION_NAME_MAX + 1]; /* allow_uart = true means "serial0" */
	size_t uart_count;
	char w1[PERMISSION_ENTRIES_MAX][PERMISSION_NAME_MAX + 1]; /* allow_w1: ids, or "*" alone */
	size_t w1_count;
	bool leds, buzzer, fan;	      /* allow_leds, allow_buzzer, allow_fan */
	unsigned memory_mb;	      /* linear memory: 8..512, default 64 */
	unsigned state_kb;	      /* kept values: 0..1024, default 64 */
	unsigned host_calls_per_poll; /* 1..100000, default 10000 */
	double deadline_seconds; /* of one call: 0.05..3600; 0 in a request: the node's default */
	double poll_interval_seconds; /* 0.005..86400; 0 in a request: the node's default */
};

/* The owner's side. What is in `denied` (its lists alone count) is never granted. */
struct permission_rules {
	struct permission most; /* first: keys of a permission are read into it */
	struct permission denied;
};

/* Nothing: no device, the default limits. What a plugin without the file asks for. */
void permission_init(struct permission *permission);

/* Everything: all devices, the highest limits. An i2c_bus list without entries allows all buses. */
void permission_init_all(struct permission *permission);

/* Rules that narrow nothing. */
void permission_rules_init(struct permission_rules *rules);

/* Read and check a file. 0, or ERROR_NOT_FOUND (no problem is added), ERROR_MALFORMED and so on. */
int permission_load(const char *path, struct permission *ret_permission,
		    struct problem_list *problems);
int permission_parse(const char *text, size_t size, const char *name,
		     struct permission *ret_permission, struct problem_list *problems);

/*
 * The same permission as a file, in canonical form: whatever was written in whatever order, equal
 * permissions give equal texts, and permission_parse() gives the permission back. Appended to
 * `text`; see its `failed`.
 */
void permission_print(const struct permission *permission, struct buffer *text);

bool permission_has_i2c(const struct permission *permission, uint16_t address);
bool permission_has_gpio(const struct permission *permission, unsigned line); /* in any direction */
bool permission_has_spi(const struct permission *permission, const char *name);
bool permission_has_uart(const struct permission *permission, const char *name);
bool permission_has_w1(const struct permission *permission, const char *id);
bool permission_shares_i2c(const struct permission *permission, uint16_t address);
bool permission_shares_gpio(const struct permission *permission, unsigned line);

/* Is this bus named? `usual`: that of the configuration, which a permission without a list means.
 */
bool permission_has_i2c_bus(const struct permission *permission, unsigned bus, unsigned usual);

/* Bits of enum permission_direction; 0 where the line is not allowed at all. */
unsigned permission_gpio_direction(const struct permission *permission, unsigned line);

/* Add to a list, unless it is there. What is out of range (0x08..0x77, 0..255) is not added. */
void permission_add_i2c(struct permission *permission, unsigned address);
void permission_add_share_i2c(struct permission *permission, unsigned address);
void permission_add_share_gpio(struct permission *permission, unsigned line);
/* Directions add up. */
void permission_add_gpio(struct permission *permission, unsigned line, unsigned direction);
/* False where the list is full. `name` has at most PERMISSION_NAME_MAX bytes. "*" is every name. */
bool permission_add_i2c_bus(struct permission *permission, unsigned bus);
bool permission_add_spi(struct permission *permission, const char *name);
bool permission_add_uart(struct permission *permission, const char *name);
bool permission_add_w1(struct permission *permission, const char *id);

#endif
