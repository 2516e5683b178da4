/*
 * Ahead-of-time compilation, in a process of its own: `harvester-guest compile IN OUT [TARGET]`.
 */
#ifndef HARVESTER_GUEST_COMPILE_H
#define HARVESTER_GUEST_COMPILE_H

/*
 * Compile a component for `target` (a triple; NULL: this machine) into `to`, which appears whole or
 * not at all. Messages for people go to stderr. The process' exit status; see wire/exit.h.
 */
int compile_main(const char *from, const char *to, const char *target);

/* Print {"imports": [[interface, function, signature], …], "exports": […]} of an artifact or
 * component. */
int inspect_main(const char *path);

#endif
