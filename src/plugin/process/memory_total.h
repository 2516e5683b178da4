/*
 * The memory limit of all guests together: how much it is, and which guest to kill when they exceed
 * it.
 *
 * Limits for each plugin do not limit their sum: eight plugins with memory_mb = 512 could use 4 GB.
 * So there is a total. Below it every plugin may use what its own limit allows. Above it memory is
 * shared fairly (base/fair_share.h): of the guests that use more than a fair share the largest is
 * killed, so that a small plugin that was started last keeps running. memory.c measures what a
 * process uses. For a .py plugin this includes about 3 MB of pages that it still shares with the
 * template; they are counted for each plugin.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_MEMORY_TOTAL_H
#define HARVESTER_PLUGIN_PROCESS_MEMORY_TOTAL_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct error;
struct permission;

/* without total_memory_mb: the machine's memory divided by this */
#define MEMORY_TOTAL_OF_MACHINE 2

/* What a guest needs besides its linear memory: the engine, stacks, and host values of one call. */
#define MEMORY_OVERHEAD_MB 32

/* Bytes that all guests together may use on this machine, as configured. Any thread. */
uint64_t memory_total_bytes(const struct config *config);

/* The same for a machine with machine_bytes of memory. Any thread. */
uint64_t memory_total_of_machine(const struct config *config, uint64_t machine_bytes);

/* ERROR_TOO_LARGE if this grant alone allows more than total_bytes; *err says what to change. */
int memory_total_check(uint64_t total_bytes, const struct permission *grant, struct error *err);

/*
 * Pick the guest to kill. used[i]: bytes that guest i uses; their sum must not overflow. total:
 * bytes that all may use. Returns an index, or -1 if all fit.
 */
int memory_total_pick(const size_t *used, size_t count, size_t total);

#endif
