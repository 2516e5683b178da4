/*
 * Parses TOML text into a tree of C structs, with toml++ (https://marzer.github.io/tomlplusplus/).
 * toml.cc lets no C++ exception out. Any thread; the caller owns the tree.
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
	TOML_DATE, /* a date, a time or both, as text in the form of RFC 3339 */
};

struct toml_node {
	enum toml_kind kind;
	unsigned line, column;	       /* of the value, from 1 */
	unsigned key_line, key_column; /* of the key; of the value if it has no key */
	char *key;		       /* owned; NULL for the root and in arrays */
	char *text;	 /* owned; of TOML_STRING and TOML_DATE; UTF-8, no NUL inside */
	int64_t integer; /* of TOML_INTEGER */
	double number;	 /* of TOML_FLOAT; may be infinite or NaN */
	bool boolean;
	struct toml_node *first; /* owned; the children, in the order of the file */
	struct toml_node *next;	 /* owned; the next child of the same parent */
	size_t count;		 /* number of children */
	bool refused;		 /* set by the reader of the tree: the value has a problem */
};

struct toml_error {
	unsigned line, column;
	char text[256];
};

/* Parse `text`. The caller frees *ret_root with toml_destroy(). ERROR_MALFORMED, with the reason
 * and the place in *ret_error; ERROR_NO_MEMORY. */
int toml_parse(const char *text, size_t size, struct toml_node **ret_root,
	       struct toml_error *ret_error);
void toml_destroy(struct toml_node *root); /* NULL is allowed */

/* The child with this key, borrowed; NULL if there is none, or if `table` is NULL or no table. */
struct toml_node *toml_find(const struct toml_node *table, const char *key);

#ifdef __cplusplus
}
#endif

#endif
