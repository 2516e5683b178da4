/*
 * The description of one sensor as JSON (see reading/catalogue.h): checks parts of it that others
 * sent, and puts it together. Any thread, one at a time for one JSON value.
 */
#ifndef HARVESTER_READING_DESCRIPTION_H
#define HARVESTER_READING_DESCRIPTION_H

#include <jansson.h>
#include <stddef.h>

struct config_sensor;
struct error;

#define DESCRIPTION_ORDER_MAX 9999
#define DESCRIPTION_FIELDS_MAX 64

/*
 * A copy of a description that another node sent, without the members that are wrong or unknown;
 * *refused grows by the number of those that are wrong. The caller owns it; NULL if memory runs
 * out.
 */
json_t *description_check(const json_t *sent, size_t *refused);

/*
 * Check an owner's decisions: "name", "room", "order", "hidden", "main" and "fields", in each field
 * "name", "shown_unit" and "decimals"; null takes a decision back. ERROR_INVALID, with the member
 * and what is wrong.
 */
int description_check_patch(const json_t *patch, struct error *err);

/* Add checked decisions to a description: a member replaces the one that was there, null removes
 * it, and in "fields" likewise (RFC 7396). `patch` may be NULL. */
void description_merge(json_t *description, const json_t *patch);

/* Add a plugin's declaration {field: {…}} to the description's fields, member by member. NULL adds
 * nothing. */
void description_declare(json_t *description, const json_t *fields);

/* Add the decisions of the configuration. */
void description_configure(json_t *description, const struct config_sensor *sensor);

/* At the end: make "shown" of each "shown_unit"; remove a quantity and a range that do not fit the
 * unit that the configuration gave the field. */
void description_finish(json_t *description);

#endif
