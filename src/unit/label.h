/*
 * Checks the names that plugins and owners give to sensors, rooms and fields for people to read,
 * and the longer texts that plugins say about themselves. Any thread.
 */
#ifndef HARVESTER_UNIT_LABEL_H
#define HARVESTER_UNIT_LABEL_H

#include <stddef.h>

struct error;

#define LABEL_MAX 64	   /* bytes */
#define LABEL_TEXT_MAX 512 /* bytes */

/*
 * Check a name of `size` bytes: 1 to LABEL_MAX bytes of UTF-8 on one line. Control characters,
 * characters that change the direction of writing or are invisible, "<" and ">", and spaces at
 * either end are refused, so that a name can be shown beside others without a surprise. Text in a
 * script that is written from right to left is fine. ERROR_INVALID, with what is wrong and where.
 */
int label_check(const char *text, size_t size, struct error *err);

/* The same for a text of 1 to LABEL_TEXT_MAX bytes on one line, which may have "<" and ">". */
int label_check_text(const char *text, size_t size, struct error *err);

#endif
