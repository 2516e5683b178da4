/*
 * The seccomp programs of wall two: lists of system calls, and with which arguments. What is on no
 * list ends the process.
 */
#ifndef HARVESTER_GUEST_FILTER_H
#define HARVESTER_GUEST_FILTER_H

#include <linux/filter.h>

struct error;

/*
 * PLUGIN: the engine and a plugin in it; no memory becomes executable any more. COMPILER: may also
 * make memory executable. MAPPING: may also open files and make a mapping of one executable, and go
 * on to the others. All of them: no memory that is shared with another process, threads but no
 * processes, signals to this process alone.
 */
enum lockdown_kind { LOCKDOWN_PLUGIN, LOCKDOWN_COMPILER, LOCKDOWN_MAPPING };

/* The caller frees ret_program->filter. ERROR_SYSTEM, ERROR_NO_MEMORY. */
int filter_make(enum lockdown_kind kind, struct sock_fprog *ret_program, struct error *err);

/* For this process, which the program is changed for. -1 with errno. */
int filter_install(const struct sock_fprog *program);

#endif
