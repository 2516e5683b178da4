/*
 * TOML text as a tree of plain C, read by toml++ (https://marzer.github.io/tomlplusplus/). No
 * exception leaves toml.cc. Any thread; a tree belongs to its caller.
 */
#ifndef HARVESTER_CONFIG_TOML_H
#define HARVESTER_CONFIG_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum toml_kind {
	TOML_TABLE,
	TOML_ARRAY,
	TOML_STRING,
	TOML_INTEGER,
	TOML_FLOAT,
	TOML_BOOLEAN,
	TOML_DATE, /* dates, times and both: text as in RFC 3339 */
};

struct toml_node {
	enum toml_kind kind;
	unsigned line, column;	       /* of the value, from 1 */
	unsigned key_line, key_column; /* of the key, or as the value where there is none */
	char *key;		       /* owned; NULL for the root and in arrays */
	char *text; /* owned; of TOML_STRING and TOML_DATE; UTF-8, no NUL inside */
	int64_t integer;
	double number; /* of TOML_FLOAT; may be infinite or nan */
	bool boolean;
	struct toml_node *first; /* owned; children in the order of the file */
	struct toml_node *next;	 /* owned by the parent too */
	size_t count;		 /* of children */
	bool refused;		 /* for who reads the tree: a problem was told already */
};

struct toml_error {
	unsigned line, column;
	char text[256];
};

/* 0, ERROR_MALFORMED (*ret_error says what and where) or ERROR_NO_MEMORY. */
int toml_parse(const char *text, size_t size, struct toml_node **ret_root,
	       struct toml_error *ret_error);
void toml_destroy(struct toml_node *root); /* NULL is allowed */

/* The child of that key, or NULL; `table` may be NULL and of any kind. */
struct toml_node *toml_find(const struct toml_node *table, const char *key);

#ifdef __cplusplus
}
#endif

#endif
