/*
 * The machine that the node runs on: memory, CPU usage, uptime and CPU temperature, read from /proc
 * and /sys.
 *
 * Each call reads a small file of the kernel: quick enough for the loop thread. One thread at a
 * time. A value that the machine does not offer is an error, never a guess. ERROR_NOT_FOUND if the
 * file is missing, ERROR_MALFORMED if it lacks the value, ERROR_SYSTEM.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_SYSTEM_INFO_H
#define HARVESTER_HARDWARE_DRIVER_SYSTEM_INFO_H

#include <stdint.h>

struct error;
struct system_info;

/* `root` is "", or a folder that stands for / in tests; it is copied. ERROR_NO_MEMORY. */
int system_info_create(const char *root, struct system_info **ret_info, struct error *err);
void system_info_destroy(struct system_info *info); /* NULL is allowed */

/* In MiB. Caches that the kernel would give back count as free, not as used. */
int system_info_memory(struct system_info *info, uint32_t *ret_used_mb, uint32_t *ret_total_mb,
		       struct error *err);

/*
 * The CPU usage of all cores together in %, since the previous call; the first call: since boot. A
 * call less than 10 ticks of the kernel after the previous one returns the same value again.
 */
int system_info_cpu_usage(struct system_info *info, double *ret_percent, struct error *err);

/* Seconds since boot, as in /proc/uptime; the kernel's clock says the same without opening a file
 * for each call. Any thread. */
uint64_t system_info_uptime(void);

/*
 * The CPU's temperature in °C. Searches the thermal zones, then hwmon, for the first sensor whose
 * name is that of a CPU sensor and whose value is plausible (-40 to 150). ERROR_NO_SENSOR if there
 * is none.
 */
int system_info_cpu_temperature(struct system_info *info, double *ret_temperature_c,
				struct error *err);

#endif
