/*
 * What `harvester doctor` found: a list of checks as data, for people and machines. Any thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_LIST_H
#define HARVESTER_CLI_DOCTOR_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DOCTOR_CHECKS_MAX 32

/* MISSING: without it the daemon does not run plugins by default. WARNING: it does, less well. */
enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_MISSING };

struct doctor_check {
	const char *name; /* static: "landlock" */
	enum doctor_state state;
	char text[512];	  /* what is there, cut where too long */
	char advice[512]; /* what to do; "" for nothing */
};

struct doctor_list {
	struct doctor_check checks[DOCTOR_CHECKS_MAX];
	size_t count;
};

/*
 * Add a check and return it, without advice, to be filled in further. `list` begins as {0}; above
 * DOCTOR_CHECKS_MAX the last check is replaced. `name` is static.
 */
__attribute__((format(printf, 4, 5))) struct doctor_check *doctor_add(struct doctor_list *list,
								      const char *name,
								      enum doctor_state state,
								      const char *format, ...);

/* The text of check->advice. */
__attribute__((format(printf, 2, 3))) void doctor_advise(struct doctor_check *check,
							 const char *format, ...);

/* Add to a list in words; what does not fit is left out. */
void doctor_append(char *text, size_t size, const char *separator, const char *more);

/* Is nothing missing? */
bool doctor_is_well(const struct doctor_list *list);

/* {"ok": true, "checks": [{"name", "state": "ok", "text", "advice": null}]}. New; NULL without
 * memory. */
json_t *doctor_to_json(const struct doctor_list *list);

void doctor_print(const struct doctor_list *list, FILE *out);

#endif
