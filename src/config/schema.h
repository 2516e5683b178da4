/*
 * Tables of known keys, and the one walk that checks a TOML tree against them and fills a struct.
 *
 * A key's place in the struct is an offset; what the struct holds before is the default. A value
 * that is refused leaves its default there, marks its node and is told to the problem list; the
 * walk goes on, so that one pass finds everything. Not thread-safe.
 */
#ifndef HARVESTER_CONFIG_SCHEMA_H
#define HARVESTER_CONFIG_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/toml.h"

#define SCHEMA_TEXT_MAX 255 /* bytes of a string value */
#define SCHEMA_PATH_SIZE 256
/* the addresses below and above are reserved: UM10204 table 4 */
#define SCHEMA_I2C_FIRST 0x08
#define SCHEMA_I2C_LAST 0x77

struct problem_list;

struct schema_reader {
	const char *file;
	struct problem_list *problems;
	size_t refused; /* problems told */
	bool no_memory;
};

enum schema_kind {
	SCHEMA_TABLE,	 /* of `keys`, into the same struct */
	SCHEMA_BOOLEAN,	 /* bool */
	SCHEMA_INT,	 /* int, within low..high; so the next two */
	SCHEMA_UNSIGNED, /* unsigned */
	SCHEMA_UINT64,	 /* uint64_t; high at most 2^53 - 1 */
	SCHEMA_NUMBER,	 /* double, finite; an integer will do */
	SCHEMA_STRING,	 /* char *, owned; one of `choices` or `valid` where given */
	SCHEMA_CHOICE,	 /* an enum: the index in `choices` */
	SCHEMA_ADDRESS,	 /* uint16_t: an i2c address */
	SCHEMA_CUSTOM,	 /* `read` does it */
};

struct schema_key {
	const char *name; /* NULL ends a table of keys */
	enum schema_kind kind;
	size_t offset;
	double low, high;
	const char *const *choices; /* NULL-terminated */
	bool (*valid)(const char *text);
	const char *expected; /* in words, for `valid` and SCHEMA_CUSTOM */
	const struct schema_key *keys;
	void (*read)(struct schema_reader *reader, struct toml_node *node, const char *path,
		     void *target);
	bool (*equal)(const void *a, const void *b); /* of two targets, for SCHEMA_CUSTOM */
	/* A running node takes a new value over; so all keys of such a table. Else it needs a
	 * restart. */
	bool reloads;
};

/*
 * Check `table` against `keys` and fill `target`. `path` is its name in problems, "" for the root.
 * Where `table` is no table, that is the problem.
 */
void schema_read(struct schema_reader *reader, struct toml_node *table, const char *path,
		 const struct schema_key *keys, void *target);

/*
 * Each key that two filled structs differ in, by its path ("leds.count"). SCHEMA_CUSTOM without
 * `equal` is never different.
 */
typedef void schema_difference(void *arg, const char *path, bool reloads);
void schema_compare(const struct schema_key *keys, const void *a, const void *b,
		    schema_difference *found, void *arg);

/* "expected …, found …" at the node's value. */
void schema_refuse(struct schema_reader *reader, struct toml_node *node, const char *path,
		   const char *expected);

/* Any other problem, at the node's key. */
void schema_complain(struct schema_reader *reader, struct toml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* `path` and `.key`; cut where too long. */
void schema_join(char ret_path[SCHEMA_PATH_SIZE], const char *path, const char *key);

/* 0x77 or "0x77", within the i2c range. */
bool schema_to_address(const struct toml_node *node, uint16_t *ret_address);

/* Any value as JSON (dates as strings; null for what was refused). New; NULL without memory. */
json_t *schema_to_json(struct schema_reader *reader, struct toml_node *node, const char *path);

/*
 * The whole of a file or text: parse it and hand the root to schema_read(). 0, ERROR_MALFORMED or
 * another code; then `target` may be filled in part. `check` (or NULL) gets the tree at the end.
 */
struct schema_file {
	const char *name;
	size_t size_max;
	const struct schema_key *keys;
	void (*check)(struct schema_reader *reader, struct toml_node *root, void *target);
	void *target;
	struct problem_list *problems;
};
int schema_parse(const struct schema_file *file, const char *text, size_t size);
/* From the file `name`; ERROR_NOT_FOUND where there is none (told too unless `optional`). */
int schema_load(const struct schema_file *file, bool optional);

#endif
