/*
 * Checks a TOML tree against a table of known keys and fills a struct from it.
 *
 * A key gives the offset of its value in the struct; the caller fills the struct with the defaults
 * first. For an invalid value, the reader adds a problem to the list, sets `refused` in the TOML
 * node, keeps the default and continues, so that one pass finds every problem. Not thread-safe.
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
/* The i2c addresses below and above are reserved: UM10204 table 4 */
#define SCHEMA_I2C_FIRST 0x08
#define SCHEMA_I2C_LAST 0x77

struct problem_list;

struct schema_reader {
	const char *file;
	struct problem_list *problems;
	size_t refused; /* problems found */
	bool no_memory;
};

enum schema_kind {
	SCHEMA_TABLE,	 /* a table of `keys`, whose values go into the same struct */
	SCHEMA_BOOLEAN,	 /* bool */
	SCHEMA_INT,	 /* int within low..high */
	SCHEMA_UNSIGNED, /* unsigned within low..high */
	SCHEMA_UINT64,	 /* uint64_t within low..high; high is at most 2^53 - 1 */
	SCHEMA_NUMBER,	 /* finite double within low..high; accepts an integer */
	SCHEMA_STRING,	 /* char *, owned; must be one of `choices`, or pass `valid`, if set */
	SCHEMA_CHOICE,	 /* an enum: the index in `choices` */
	SCHEMA_ADDRESS,	 /* uint16_t: an i2c address */
	SCHEMA_CUSTOM,	 /* `read` checks and stores the value */
};

struct schema_key {
	/* NULL ends a table of keys. If the end has a `read`, that reads every key that the table
	 * does not list. */
	const char *name;
	enum schema_kind kind;
	size_t offset;
	double low, high;
	const char *const *choices; /* NULL-terminated */
	bool (*valid)(const char *text);
	const char *expected; /* describes a valid value in problems; NULL: derive it */
	const struct schema_key *keys;
	void (*read)(struct schema_reader *reader, struct toml_node *node, const char *path,
		     void *target);
	bool (*equal)(const void *a, const void *b); /* compares two targets, for SCHEMA_CUSTOM */
	/* A new value applies on reload; of a table: the values of all its keys. Else the node must
	 * be restarted. */
	bool reloads;
};

/*
 * Check `table` against `keys` and fill `target`. `path` is the table's name in problems, "" for
 * the root. Adds a problem if `table` is not a table.
 */
void schema_read(struct schema_reader *reader, struct toml_node *table, const char *path,
		 const struct schema_key *keys, void *target);

/*
 * Read one child of a table, with the path "table.key", as schema_read() does for all of them. A
 * problem about an unknown key also offers the keys in `others`.
 */
void schema_read_child(struct schema_reader *reader, struct toml_node *node, const char *path,
		       const struct schema_key *keys, const struct schema_key *others,
		       void *target);

/*
 * Call on_found(arg, path, reloads) for each key whose values differ between the filled structs `a`
 * and `b`; path is "leds.count", for example. A SCHEMA_CUSTOM key without `equal` never differs.
 */
typedef void schema_difference(void *arg, const char *path, bool reloads);
void schema_compare(const struct schema_key *keys, const void *a, const void *b,
		    schema_difference *on_found, void *arg);

/*
 * Append a zeroed element to an owned array and return it. `items` points to the array's pointer.
 * NULL if memory runs out; sets reader->no_memory then.
 */
void *schema_append(struct schema_reader *reader, void *items, size_t *count, size_t item_size);

/* Add the problem "expected …, found …" at the node's value. */
void schema_refuse(struct schema_reader *reader, struct toml_node *node, const char *path,
		   const char *expected);

/* Add any other problem, at the node's key. */
void schema_complain(struct schema_reader *reader, struct toml_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Write "path.key" to ret_path, or "key" if `path` is empty; cut if too long. */
void schema_join(char ret_path[SCHEMA_PATH_SIZE], const char *path, const char *key);

/* Read an i2c address, 0x77 or "0x77"; false if the node is not one in the valid range. */
bool schema_to_address(const struct toml_node *node, uint16_t *ret_address);

/* Convert any value to JSON: a date becomes a string, a number that is not finite becomes null and
 * a problem. The caller owns the result; NULL if memory runs out. */
json_t *schema_to_json(struct schema_reader *reader, struct toml_node *node, const char *path);

/*
 * The other direction: a tree of which schema_read() reads a value that came as JSON. Its places
 * are line 0. null becomes the string "null"; the caller refuses it before if it matters. The
 * caller frees the tree with toml_destroy(); NULL if memory runs out.
 */
struct toml_node *schema_from_json(const json_t *json);

/*
 * Parse a whole text or file and fill `target` with schema_read(); then call `check`, if not NULL,
 * for checks across several keys. On failure `target` may be partly filled. ERROR_MALFORMED if
 * there are problems, ERROR_TOO_LARGE beyond size_max, ERROR_NO_MEMORY.
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
/* The same from the file `name`. Also ERROR_NOT_FOUND if there is no such file (a problem unless
 * `optional`), ERROR_INVALID if it is not a regular file, ERROR_SYSTEM. */
int schema_load(const struct schema_file *file, bool optional);

#endif
