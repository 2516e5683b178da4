/*
 * Permissions: what a plugin requests in its permission.toml, and what the owner allows it.
 *
 * One struct serves for both. A plugin without a permission file requests no device:
 * permission_init(). The owner's rules start with everything allowed, permission_init_all(), and
 * each key in the configuration narrows them. Plain values; any thread.
 */
#ifndef HARVESTER_CONFIG_PERMISSION_H
#define HARVESTER_CONFIG_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/problem.h"

struct buffer;

#define PERMISSION_FILE_SIZE_MAX 65536
#define PERMISSION_I2C_MAX 112	  /* all possible addresses: 0x08..0x77 */
#define PERMISSION_GPIO_MAX 256	  /* all possible lines: 0..255 */
#define PERMISSION_BUSES_MAX 8	  /* entries of i2c_bus */
#define PERMISSION_ENTRIES_MAX 64 /* spi names, uart names, 1-wire ids: so many of each */
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

enum permission_level { PERMISSION_LEVEL_NONE, PERMISSION_LEVEL_LOW, PERMISSION_LEVEL_HIGH };

enum permission_direction { PERMISSION_IN = 1, PERMISSION_OUT = 2, PERMISSION_IN_OUT = 3 };

/* The functions below keep the lists sorted; the has_ functions accept unsorted lists too. */
struct permission {
	uint16_t i2c[PERMISSION_I2C_MAX]; /* addresses: allow_i2c; "*" there means all */
	size_t i2c_count;
	uint16_t share_i2c[PERMISSION_I2C_MAX]; /* of these, shared with other plugins */
	size_t share_i2c_count;
	uint16_t i2c_bus[PERMISSION_BUSES_MAX]; /* empty: the bus of [hardware] i2c_bus */
	size_t i2c_bus_count;
	uint16_t gpio[PERMISSION_GPIO_MAX]; /* line numbers: allow_gpio, allow_gpio_in, … */
	size_t gpio_count;
	/* Indexed by line number, for the lines in `gpio`: enum permission_direction; 0 means in
	 * and out too. */
	uint8_t gpio_direction[PERMISSION_GPIO_MAX];
	uint16_t share_gpio[PERMISSION_GPIO_MAX]; /* of `gpio`, shared with other plugins */
	size_t share_gpio_count;
	/* Indexed by line number: enum permission_level that the line has while the plugin does not
	 * run: safe_low, safe_high; PERMISSION_LEVEL_NONE: nobody drives it then. */
	uint8_t safe_gpio[PERMISSION_GPIO_MAX];
	char spi[PERMISSION_ENTRIES_MAX]
		[PERMISSION_NAME_MAX + 1]; /* allow_spi = true means "spi0.0" */
	size_t spi_count;
	char uart[PERMISSION_ENTRIES_MAX]
		 [PERMISSION_NAME_MAX + 1]; /* allow_uart = true means "serial0" */
	size_t uart_count;
	char w1[PERMISSION_ENTRIES_MAX][PERMISSION_NAME_MAX + 1]; /* allow_w1: ids, or only "*" */
	size_t w1_count;
	bool leds, buzzer, fan;	      /* allow_leds, allow_buzzer, allow_fan */
	bool safe_fan;		      /* the fan is on while the plugin does not run */
	unsigned memory_mb;	      /* WebAssembly memory: 8..512, default 64 */
	unsigned state_kb;	      /* values that the plugin stores: 0..1024, default 64 */
	unsigned host_calls_per_poll; /* 1..100000, default 10000 */
	double deadline_seconds; /* of one call: 0.05..3600; 0 in a request: the node's default */
	double poll_interval_seconds; /* 0.005..86400; 0 in a request: the node's default */
};

/* The owner's rules for a plugin. */
struct permission_rules {
	struct permission most;	  /* upper bound of the grant; must be the first member */
	struct permission denied; /* devices that are never granted; only its lists are used */
};

/* No device, and the default limits: the request of a plugin without a permission file. */
void permission_init(struct permission *permission);

/* All devices, and the highest limits. An empty i2c_bus list allows all buses. */
void permission_init_all(struct permission *permission);

/* Rules that narrow nothing. */
void permission_rules_init(struct permission_rules *rules);

/*
 * Read and check a permission file. ERROR_NOT_FOUND if there is none (adds no problem);
 * ERROR_MALFORMED, ERROR_TOO_LARGE, ERROR_INVALID, ERROR_SYSTEM or ERROR_NO_MEMORY, with every
 * problem in `problems`. permission_parse() reads from text; problems show `name` as its path.
 */
int permission_load(const char *path, struct permission *ret_permission,
		    struct problem_list *problems);
int permission_parse(const char *text, size_t size, const char *name,
		     struct permission *ret_permission, struct problem_list *problems);

/*
 * Append the permission as the text of a permission file, in canonical form: equal permissions give
 * equal texts, and permission_parse() of the text gives the permission back. Failures are in
 * text->failed.
 */
void permission_print(const struct permission *permission, struct buffer *text);

bool permission_has_i2c(const struct permission *permission, uint16_t address);
bool permission_has_gpio(const struct permission *permission, unsigned line); /* in any direction */
bool permission_has_spi(const struct permission *permission, const char *name);
bool permission_has_uart(const struct permission *permission, const char *name);
bool permission_has_w1(const struct permission *permission, const char *id);
bool permission_shares_i2c(const struct permission *permission, uint16_t address);
bool permission_shares_gpio(const struct permission *permission, unsigned line);

/* True if the permission covers this i2c bus. `usual` is the bus in the configuration, the only one
 * that a permission without a list of buses covers. */
bool permission_has_i2c_bus(const struct permission *permission, unsigned bus, unsigned usual);

/* Bits of enum permission_direction; 0 if the permission does not have the line. */
unsigned permission_gpio_direction(const struct permission *permission, unsigned line);

/* Add to a list. No effect if the list has it already, or if it is out of range (0x08..0x77,
 * 0..255). */
void permission_add_i2c(struct permission *permission, unsigned address);
void permission_add_share_i2c(struct permission *permission, unsigned address);
void permission_add_share_gpio(struct permission *permission, unsigned line);
/* A second call for a line adds its direction to the first. */
void permission_add_gpio(struct permission *permission, unsigned line, unsigned direction);
/* Return false if the list is full. `name` has at most PERMISSION_NAME_MAX bytes; "*" stands for
 * every name. */
bool permission_add_i2c_bus(struct permission *permission, unsigned bus);
bool permission_add_spi(struct permission *permission, const char *name);
bool permission_add_uart(struct permission *permission, const char *name);
bool permission_add_w1(struct permission *permission, const char *id);

#endif
