/*
 * Tables that describe the parameters of a route's query and the fields of its JSON body. The
 * server checks each request against them before the handler runs. Loop thread.
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
	WEB_TEXT,    /* UTF-8 without control characters, minimum to maximum bytes */
	WEB_INTEGER, /* decimal, minimum to maximum */
	WEB_CHOICE,  /* one of `choices` */
	WEB_COLOR,   /* "#rrggbb" */
	WEB_BOOLEAN, /* in a body only: true or false */
	WEB_OBJECT,  /* in a body only: an object that the handler checks */
};

/* One parameter or field. A table of them ends with an entry whose name is NULL. */
struct web_parameter {
	const char *name;
	enum web_parameter_type type;
	bool is_required;
	bool may_be_null; /* in a body: null is allowed, and leaves the value not set */
	int64_t minimum, maximum;
	const char *const *choices; /* NULL at the end */
	const char *advice;	    /* added to the error if it is missing: what to do; or NULL */
};

/* The value of a parameter. If it was not given, is_set is false and the rest 0. */
struct web_value {
	bool is_set;
	const char *text; /* of a text or choice; borrowed from the request */
	int64_t number; /* of an integer; 0xrrggbb of a colour; the index of a choice; 1 for true */
	const json_t *object; /* of an object; borrowed from the request */
};

/*
 * Read the query by `table`, each parameter into the value with the same index. ERROR_INVALID if a
 * parameter is unknown (the text suggests the nearest known name), given twice, missing or wrong.
 */
int web_parameters_from_query(struct MHD_Connection *connection, const struct web_parameter *table,
			      struct web_value *ret_values, struct error *err);

/* The same for the fields of a JSON object, which must outlive the values. */
int web_parameters_from_json(const json_t *body, const struct web_parameter *table,
			     struct web_value *ret_values, struct error *err);

#endif
