/*
 * Finds what the plugins in the folder may use: those that are enabled and approved. Main thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_GRANTS_H
#define HARVESTER_CLI_DOCTOR_GRANTS_H

struct doctor_hardware;
struct permission;

/* `name` and `grant` are borrowed until the function returns. */
typedef void doctor_on_grant(void *data, const char *name, const struct permission *grant);

/* Call on_grant() for each enabled plugin whose request was approved. Writes nothing. */
void doctor_each_grant(const struct doctor_hardware *hardware, doctor_on_grant *on_grant,
		       void *data);

#endif
