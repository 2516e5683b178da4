/*
 * What holds for the problems of any file: they are there exactly when it failed, each with its
 * place, and none can play tricks on a terminal.
 */
#ifndef TESTS_FUZZ_PROBLEMS_H
#define TESTS_FUZZ_PROBLEMS_H

#include "config/problem.h"
#include "fuzz.h"

static inline void problems_check(const struct problem_list *problems, int ret, const char *name)
{
	CHECK(ret <= 0);
	CHECK((problems->count > 0) == (ret != 0));
	CHECK(problems->count <= PROBLEMS_MAX);
	for (size_t i = 0; i < problems->count; i++) {
		const char *text = problems->items[i].text;

		CHECK(!strncmp(text, name, strlen(name)));
		for (; *text; text++)
			CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
	}
}

#endif
