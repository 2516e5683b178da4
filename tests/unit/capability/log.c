#include "base/log.h"

#include "fixture.h"

struct last {
	unsigned count;
	enum log_level level;
	char source[32], text[LOG_TEXT_SIZE];
};

static void on_line(void *arg, const struct log_record *record)
{
	struct last *last = arg;

	last->count++;
	last->level = record->level;
	snprintf(last->source, sizeof(last->source), "%s", record->source);
	snprintf(last->text, sizeof(last->text), "%s", record->text);
}

static void test_write(void **state)
{
	struct fixture *f = *state;
	struct last last = {0};
	struct capability_call *call;
	char huge[100000];

	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(log_add_sink(on_line, &last), 0);
	fixture_call(f, "log", "write",
		     ARGS(2, value_text("warning"), value_text("50 %s \x1b[31m")));
	assert_int_equal(last.count, 1);
	assert_int_equal(last.level, LOG_WARNING);
	assert_string_equal(last.source, "test");
	assert_string_equal(last.text, "50 %s ?[31m");
	fixture_call(f, "log", "write", ARGS(2, value_text("error"), value_text(huge)));
	assert_int_equal(last.count, 2);
	assert_true(strlen(last.text) < LOG_TEXT_SIZE);
	assert_int_equal(fixture_dispatch(f, "log", "write",
					  ARGS(2, value_text("loud"), value_text("x")), &call),
			 ERROR_MALFORMED);
	assert_int_equal(fixture_dispatch(f, "log", "write",
					  ARGS(2, value_text(huge), value_text("x")), &call),
			 ERROR_MALFORMED);
	assert_int_equal(last.count, 2);
	log_remove_sink(on_line, &last);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_write)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
