/* With a clock of its own: a minute is long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plugin/internal.h"

#define NS_PER_SECOND 1000000000ull

struct fixture {
	struct clock_manual clock;
	struct plugin plugin;
	unsigned lines;
	char last[512];
};

static void see_line(void *arg, const struct log_record *record)
{
	struct fixture *f = arg;

	f->lines++;
	snprintf(f->last, sizeof(f->last), "%s", record->text);
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	clock_manual_init(&f.clock, 1750000000000);
	clock_manual_advance_ns(&f.clock, NS_PER_SECOND);
	f.plugin.services.clock = &f.clock.base;
	memcpy(f.plugin.source.name, "one", 4);
	log_add_sink(see_line, &f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	log_remove_sink(see_line, *state);
	return 0;
}

static void deny(struct fixture *f, enum capability_kind kind, unsigned times)
{
	struct capability_denial *denial = &f->plugin.client.denials[kind];

	snprintf(denial->what, sizeof(denial->what), "i2c 0x40");
	snprintf(denial->advice, sizeof(denial->advice),
		 "add 0x40 to allow_i2c in permission.toml");
	denial->count += times;
}

static void end(struct fixture *f)
{
	plugin_denial_log_end(&f->plugin, false);
}

static void at_most_once_a_minute(void **state)
{
	struct fixture *f = *state;

	end(f);
	assert_int_equal(f->lines, 0);
	deny(f, CAPABILITY_I2C, 1);
	end(f);
	assert_int_equal(f->lines, 1);
	assert_string_equal(f->last, "tried to use i2c 0x40, which it was not granted; add 0x40 to "
				     "allow_i2c in permission.toml");
	for (int second = 1; second < 60; second++) {
		clock_manual_advance_ns(&f->clock, NS_PER_SECOND);
		deny(f, CAPABILITY_I2C, 2);
		end(f);
	}
	assert_int_equal(f->lines, 1);
	clock_manual_advance_ns(&f->clock, NS_PER_SECOND);
	end(f);
	assert_int_equal(f->lines, 2);
	assert_string_equal(f->last, "tried 118 times to use i2c 0x40, which it was not granted; "
				     "add 0x40 to allow_i2c in permission.toml");
	clock_manual_advance_ns(&f->clock, 100 * NS_PER_SECOND);
	end(f);
	assert_int_equal(f->lines, 2); /* nothing new */
}

static void each_kind_by_itself(void **state)
{
	struct fixture *f = *state;

	deny(f, CAPABILITY_I2C, 1);
	deny(f, CAPABILITY_FAN, 1);
	f->plugin.client.denials[CAPABILITY_FAN].advice[0] = '\0';
	snprintf(f->plugin.client.denials[CAPABILITY_FAN].what, 8, "the fan");
	end(f);
	assert_int_equal(f->lines, 2);
	assert_string_equal(f->last, "tried to use the fan, which the owner has withheld (under "
				     "[permissions] in the configuration)");
}

static void the_rest_is_said_at_the_end(void **state)
{
	struct fixture *f = *state;

	deny(f, CAPABILITY_I2C, 1);
	end(f);
	deny(f, CAPABILITY_I2C, 3);
	end(f);
	assert_int_equal(f->lines, 1);
	plugin_denial_log_end(&f->plugin, true);
	assert_int_equal(f->lines, 2);
	assert_non_null(strstr(f->last, "tried 3 times"));
}

static void not_of_a_candidate(void **state)
{
	struct fixture *f = *state;

	f->plugin.is_candidate = true;
	deny(f, CAPABILITY_I2C, 3);
	plugin_denial_log_end(&f->plugin, true);
	assert_int_equal(f->lines, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(at_most_once_a_minute),
		TEST(each_kind_by_itself),
		TEST(the_rest_is_said_at_the_end),
		TEST(not_of_a_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
