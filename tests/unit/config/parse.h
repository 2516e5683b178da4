/* Short words for what the tests of the configuration do to a text. */
#ifndef HARVESTER_TESTS_CONFIG_PARSE_H
#define HARVESTER_TESTS_CONFIG_PARSE_H

#include "base/error.h"
#include "config/config.h"
#include "expect.h"

static inline struct config *parse(const char *text)
{
	struct problem_list problems;
	struct config *config = NULL;
	int ret;

	problem_list_init(&problems);
	ret = config_parse(text, strlen(text), "c.toml", &config, &problems);
	assert_problems(&problems, "");
	assert_int_equal(ret, 0);
	problem_list_finish(&problems);
	return config;
}

static inline void refuse_sized(const char *text, size_t size, int code, const char *expected)
{
	struct config *config = (struct config *)&code;
	struct problem_list problems;

	problem_list_init(&problems);
	assert_int_equal(config_parse(text, size, "c.toml", &config, &problems), code);
	assert_ptr_equal(config, &code);
	assert_problems(&problems, expected);
	problem_list_finish(&problems);
}

static inline void refuse(const char *text, const char *expected)
{
	refuse_sized(text, strlen(text), ERROR_MALFORMED, expected);
}

/* Lines from the printf format, one for each number of from..from + count - 1. */
#define REPEAT(buffer, from, count, format)                                                        \
	for (int i = (from); i < (from) + (count); i++)                                            \
	assert_int_equal(buffer_printf(buffer, format, i), 0)

#endif
