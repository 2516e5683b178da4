/*
 * permission.toml: what a plugin asks for. Without the file it asks for nothing.
 */
#ifndef HARVESTER_CONFIG_PERMISSION_H
#define HARVESTER_CONFIG_PERMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/problem.h"

#define PERMISSION_FILE_SIZE_MAX 65536
#define PERMISSION_ENTRIES_MAX 64 /* of each list */
#define PERMISSION_NAME_MAX 31	  /* bytes of an spi or uart name */

struct permission {
	uint16_t i2c[PERMISSION_ENTRIES_MAX]; /* addresses: allow_i2c */
	size_t i2c_count;
	uint8_t gpio[PERMISSION_ENTRIES_MAX]; /* line numbers: allow_gpio */
	size_t gpio_count;
	char spi[PERMISSION_ENTRIES_MAX]
		[PERMISSION_NAME_MAX + 1]; /* allow_spi = true means "spi0.0" */
	size_t spi_count;
	char uart[PERMISSION_ENTRIES_MAX]
		 [PERMISSION_NAME_MAX + 1]; /* allow_uart = true means "serial0" */
	size_t uart_count;
	bool leds, buzzer, fan; /* allow_leds, allow_buzzer, allow_fan */
};

/* Read and check a file. 0, or ERROR_NOT_FOUND (no problem is added), ERROR_MALFORMED and so on. */
int permission_load(const char *path, struct permission *ret_permission,
		    struct problem_list *problems);
int permission_parse(const char *text, size_t size, const char *name,
		     struct permission *ret_permission, struct problem_list *problems);

bool permission_has_i2c(const struct permission *permission, uint16_t address);
bool permission_has_gpio(const struct permission *permission, unsigned line);
bool permission_has_spi(const struct permission *permission, const char *name);
bool permission_has_uart(const struct permission *permission, const char *name);

#endif
