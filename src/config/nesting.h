/*
 * Rejects TOML text that is nested too deeply, before the parser gets it.
 *
 * toml++ 3.3 recurses once for each part of a dotted key, without a limit: 64 kB of "a.a.a…"
 * overflow its stack. The check examines only brackets, dots and quotes.
 */
#ifndef HARVESTER_CONFIG_NESTING_H
#define HARVESTER_CONFIG_NESTING_H

#include <stddef.h>

#define NESTING_BRACKETS_MAX 32
#define NESTING_KEY_PARTS_MAX 16

/* NULL if the text is fine, else what is nested too deeply (static text), with its line and column
 * from 1. Any thread. */
const char *nesting_check(const char *text, size_t size, unsigned *ret_line, unsigned *ret_column);

#endif
