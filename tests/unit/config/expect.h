/*
 * What the tests of this folder share.
 */
#ifndef HARVESTER_TESTS_CONFIG_EXPECT_H
#define HARVESTER_TESTS_CONFIG_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/problem.h"

/* All texts of a list, a line each. */
static inline void join_problems(const struct problem_list *list, char *ret_text, size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < list->count && used < size; i++)
		used += (size_t)snprintf(ret_text + used, size - used, "%s\n", list->items[i].text);
}

static inline void assert_problems(const struct problem_list *list, const char *expected)
{
	char text[16384];

	join_problems(list, text, sizeof(text));
	assert_string_equal(text, expected);
}

#endif
