/*
 * The list of checks that `harvester doctor` makes, printed as text or JSON. Any thread.
 */
#ifndef HARVESTER_CLI_DOCTOR_LIST_H
#define HARVESTER_CLI_DOCTOR_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DOCTOR_CHECKS_MAX 32

/* MISSING: without it, the daemon does not run plugins by default. WARNING: plugins run, but some
 * device or protection is missing. */
enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_MISSING };

struct doctor_check {
	const char *name; /* static: "landlock" */
	enum doctor_state state;
	char text[512];	  /* what was found; cut if too long */
	char advice[512]; /* what the person should do; "": nothing */
};

struct doctor_list {
	struct doctor_check checks[DOCTOR_CHECKS_MAX];
	size_t count;
};

/*
 * Add a check and return it, so that the caller can add advice. A zeroed list is empty; if it has
 * DOCTOR_CHECKS_MAX checks, the last one is replaced. `name` must be static.
 */
__attribute__((format(printf, 4, 5))) struct doctor_check *doctor_add(struct doctor_list *list,
								      const char *name,
								      enum doctor_state state,
								      const char *format, ...);

/* Set check->advice. */
__attribute__((format(printf, 2, 3))) void doctor_advise(struct doctor_check *check,
							 const char *format, ...);

/* Append `more` to `text`, after `separator` if `text` is not empty. No effect if it does not fit.
 */
void doctor_append(char *text, size_t size, const char *separator, const char *more);

/* True if no check is MISSING. */
bool doctor_is_well(const struct doctor_list *list);

/*
 * {"ok": true, "checks": [{"name", "state": "ok", "text", "advice": null}]}. The caller releases
 * it. NULL if memory runs out.
 */
json_t *doctor_to_json(const struct doctor_list *list);

void doctor_print(const struct doctor_list *list, FILE *out);

#endif
