/*
 * What all guests together may use of the machine's memory, and which one is stopped when they use
 * more.
 *
 * A limit for each plugin does not bound their sum: eight with memory_mb = 512 could take 4 GB. So
 * there is a total. Below it every plugin may use what its own limit allows. Above it memory is
 * shared fairly (base/fair_share.h): who uses more than a fair share gives way, the largest first,
 * and never an honest one that was started last. What a process uses is what memory.c looks at: of
 * a .py plugin some 3 MB of it are pages that it still shares with the template, and they count for
 * each.
 */
#ifndef HARVESTER_PLUGIN_PROCESS_MEMORY_TOTAL_H
#define HARVESTER_PLUGIN_PROCESS_MEMORY_TOTAL_H

#include <stddef.h>
#include <stdint.h>

struct config;
struct error;
struct permission;

#define MEMORY_TOTAL_OF_MACHINE 2 /* without total_memory_mb: one part of so many */

/* What a guest needs beside its linear memory: the engine, stacks, and host values of one call. */
#define MEMORY_OVERHEAD_MB 32

/* Bytes that all guests together may use, as configured. Any thread. */
uint64_t memory_total_bytes(const struct config *config);

/* The same, of a machine with so much memory (bytes). */
uint64_t memory_total_of_machine(const struct config *config, uint64_t machine_bytes);

/* ERROR_TOO_LARGE where one plugin by itself could use more than all may; *err says what to change.
 */
int memory_total_check(uint64_t total_bytes, const struct permission *grant, struct error *err);

/*
 * Of guests that use used[i] bytes each: the one to be stopped, or -1 if all fit in. total: bytes.
 * The sum of used[] must not overflow.
 */
int memory_total_pick(const size_t *used, size_t count, size_t total);

#endif
