/*
 * What a request may say in its query and in its JSON body, as a table that is checked before the
 * route's handler runs. Everything here is of the loop thread.
 */
#ifndef HARVESTER_HTTP_SERVER_PARAMETER_H
#define HARVESTER_HTTP_SERVER_PARAMETER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct MHD_Connection;

#define WEB_PARAMETERS_MAX 12 /* in one table */

enum web_parameter_type {
	WEB_TEXT,    /* UTF-8 without control characters, minimum..maximum bytes */
	WEB_INTEGER, /* decimal, minimum..maximum */
	WEB_CHOICE,  /* one of `choices` */
	WEB_COLOR,   /* "#rrggbb" */
};

/* A table of these ends with a name that is NULL. */
struct web_parameter {
	const char *name;
	enum web_parameter_type type;
	bool is_required;
	int64_t minimum, maximum;
	const char *const *choices; /* NULL at the end */
	const char *advice;	    /* what to do where it is missing; NULL: nothing more is said */
};

/* Of one that was not given: is_set is false, and the rest 0. */
struct web_value {
	bool is_set;
	const char *text; /* borrowed: of texts and choices */
	int64_t number;	  /* of an integer; 0xrrggbb of a colour; the index of a choice */
};

/*
 * The query's parameters by `table`, each into the value with the same index. ERROR_INVALID for one
 * that is unknown (with the nearest that is known), twice there, missing or wrong.
 */
int web_parameters_from_query(struct MHD_Connection *connection, const struct web_parameter *table,
			      struct web_value *ret_values, struct error *err);

/* The same of a JSON object's fields; the texts stay its own. */
int web_parameters_from_json(const json_t *body, const struct web_parameter *table,
			     struct web_value *ret_values, struct error *err);

#endif
