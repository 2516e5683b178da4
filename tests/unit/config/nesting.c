#include "config/nesting.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "expect.h"

static void fill(struct buffer *buffer, const char *part, unsigned count)
{
	while (count-- > 0)
		assert_int_equal(buffer_append_text(buffer, part), 0);
}

static void test_key_parts(void **state)
{
	unsigned line = 0, column = 0;
	struct buffer text;

	(void)state;
	buffer_init(&text, 1024);
	fill(&text, "x = 1\na", 1);
	fill(&text, ".a", NESTING_KEY_PARTS_MAX - 1);
	assert_null(nesting_check(text.data, text.size, &line, &column));
	assert_int_equal(line, 0);
	fill(&text, " . \"a\"", 1);
	assert_string_equal(nesting_check(text.data, text.size, &line, &column),
			    "a key of more than 16 parts");
	assert_int_equal(line, 2);
	assert_int_equal(column, 33);
	buffer_finish(&text);
}

static void test_brackets(void **state)
{
	unsigned line, column;
	struct buffer text;

	(void)state;
	buffer_init(&text, 1024);
	fill(&text, "a = ", 1);
	fill(&text, "[{", NESTING_BRACKETS_MAX / 2);
	assert_null(nesting_check(text.data, text.size, &line, &column));
	fill(&text, "[", 1);
	assert_string_equal(nesting_check(text.data, text.size, &line, &column),
			    "more than 32 nested brackets");
	assert_int_equal(line, 1);
	assert_int_equal(column, 37);

	buffer_clear(&text);
	fill(&text, "[[a]]\n", 100);
	assert_null(nesting_check(text.data, text.size, &line, &column));
	buffer_finish(&text);
}

/* The part counts if and only if the strings and comments before it end where TOML says so. */
static void assert_counts(const char *before, const char *part, bool counts)
{
	unsigned line, column;
	struct buffer text;

	buffer_init(&text, 4096);
	fill(&text, before, 1);
	fill(&text, part, 100);
	assert_int_equal(nesting_check(text.data, text.size, &line, &column) != NULL, counts);
	buffer_finish(&text);
}

static void test_strings_and_comments(void **state)
{
	(void)state;
	assert_counts("", "[", true);
	assert_counts("# ", "[", false);
	assert_counts("# \n", "[", true);
	assert_counts("a = \"", "[", false);
	assert_counts("a = \"\" ", "[", true);
	assert_counts("a = \"\\\"", "[", false);
	assert_counts("a = \"\\\\\"", "[", true);
	assert_counts("a = \"#\"", "[", true);
	assert_counts("a = '", ".", false);
	assert_counts("a = '\\'", "[", true);
	assert_counts("a = '\"'", "[", true);
	assert_counts("a = \"x\n", "[", true);
	assert_counts("a = \"\"\"\n\"\"", "[", false);
	assert_counts("a = \"\"\"\n\"\"\"", "[", true);
	assert_counts("a = \"\"\"\n\"\"\"\"\"", "[", true);
	assert_counts("a = \"\"\"\n\"\"\"\"\"\"", "[", false);
	assert_counts("a = \"\"\"\n\\\"\"\"", "[", false);
	assert_counts("a = \"\"\"\"\"\"", "[", true);
	assert_counts("a = '''\n\\'''", "[", true);
	assert_counts("a = '''\n'", "[", false);
	assert_counts("a", ".\"=\"", true);
	assert_counts("a = ", "1.5, ", false);
}

static void test_ends_of_text(void **state)
{
	static const char *const texts[] = {"", "\"", "\"\\", "\"\"", "\"\"\"", "'", "'''", "#"};
	unsigned line, column;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* Its own memory, so that a step too far is seen by the sanitizer. */
		char *copy = strdup(texts[i]);

		assert_null(nesting_check(copy, strlen(copy), &line, &column));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_parts),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_strings_and_comments),
		cmocka_unit_test(test_ends_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
