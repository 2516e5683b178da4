/*
 * The seccomp programs of wall two: which system calls a guest process may make, and with which
 * arguments. Any other system call kills the process.
 */
#ifndef HARVESTER_GUEST_FILTER_H
#define HARVESTER_GUEST_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

struct error;

/*
 * PLUGIN: for the engine while a plugin runs in it; no memory can be made executable any more.
 * COMPILER: as PLUGIN, but memory can be made executable. MAPPING: as PLUGIN, but files can be
 * opened and mapped as executable, and one of the other programs can be installed afterwards.
 * MAPPING_DATA: as MAPPING, but nothing can be mapped as executable.
 * All of them allow threads but no new processes, signals to this process only, and no memory that
 * is shared with another process.
 */
enum lockdown_kind {
	LOCKDOWN_PLUGIN,
	LOCKDOWN_COMPILER,
	LOCKDOWN_MAPPING,
	LOCKDOWN_MAPPING_DATA,
};

/* Whether it is one of the two that are in force only until the artifact is mapped. */
bool filter_is_mapping(enum lockdown_kind kind);

/*
 * Make a program. The caller frees ret_program->filter. If the kernel has no seccomp filters, the
 * program is empty, and filter_install() fails. ERROR_SYSTEM, ERROR_NO_MEMORY.
 */
int filter_make(enum lockdown_kind kind, struct sock_fprog *ret_program, struct error *err);

/*
 * Install the program in this process, for good. Writes this process's id into the program, since
 * it may have been made before a fork. Returns 0, or -1 with errno set.
 */
int filter_install(const struct sock_fprog *program);

#endif
