/*
 * The machine itself: memory, CPU, uptime and CPU temperature, from Linux' /proc and /sys.
 *
 * Small files of the kernel, read at each call: quick enough for the loop thread, and one thread at
 * a time. Nothing is ever invented: what the machine does not say is an error.
 */
#ifndef HARVESTER_HARDWARE_DRIVER_SYSTEM_INFO_H
#define HARVESTER_HARDWARE_DRIVER_SYSTEM_INFO_H

#include <stdint.h>

struct error;
struct system_info;

/* root: "" or a folder that stands for / (copied). ERROR_NO_MEMORY. */
int system_info_create(const char *root, struct system_info **ret_info, struct error *err);
void system_info_destroy(struct system_info *info); /* NULL is allowed */

/* MiB. Used is what is not available: caches that the kernel would give back count as free. */
int system_info_memory(struct system_info *info, uint32_t *ret_used_mb, uint32_t *ret_total_mb,
		       struct error *err);

/*
 * %, of all cores together, since the call before; the first call: since boot. Calls that follow
 * faster than the kernel counts (less than 10 of its ticks) get the same figure again.
 */
int system_info_cpu_usage(struct system_info *info, double *ret_percent, struct error *err);

/* Seconds since boot. */
int system_info_uptime(struct system_info *info, uint64_t *ret_seconds, struct error *err);

/*
 * °C, of the first sensor that is the CPU's by its name and tells a temperature that can be (-40 to
 * 150): the thermal zones, then hwmon. ERROR_NO_SENSOR where there is none.
 */
int system_info_cpu_temperature(struct system_info *info, double *ret_temperature_c,
				struct error *err);

#endif
