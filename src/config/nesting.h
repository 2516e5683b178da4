/*
 * How deep a TOML text may nest.
 *
 * toml++ 3.3 recurses once for each part of a dotted key and has no limit on them: 64 kB of
 * "a.a.a…" run it out of stack. This looks only at brackets, dots and quotes, before the parser
 * sees the text.
 */
#ifndef HARVESTER_CONFIG_NESTING_H
#define HARVESTER_CONFIG_NESTING_H

#include <stddef.h>

#define NESTING_BRACKETS_MAX 32
#define NESTING_KEY_PARTS_MAX 16

/* NULL, or what is too deep, with its place (from 1). Static text. Any thread. */
const char *nesting_check(const char *text, size_t size, unsigned *ret_line, unsigned *ret_column);

#endif
