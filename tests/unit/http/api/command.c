#include "http/api/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

struct fixture {
	int pattern;
	uint32_t color;
	unsigned seconds, fan_tests;
};

static int on_buzzer(void *arg, enum web_buzzer_pattern pattern, struct error *err)
{
	(void)err;
	((struct fixture *)arg)->pattern = (int)pattern;
	return 0;
}

static int on_fan_test(void *arg, struct error *err)
{
	(void)err;
	((struct fixture *)arg)->fan_tests++;
	return 0;
}

static int on_fan_status(void *arg, bool *ret_on, struct error *err)
{
	(void)arg, (void)err;
	*ret_on = true;
	return 0;
}

static int on_light(void *arg, uint32_t color, unsigned seconds, struct error *err)
{
	struct fixture *fixture = arg;

	(void)err;
	fixture->color = color;
	fixture->seconds = seconds;
	return 0;
}

static int run(struct fixture *fixture, const char *text, json_t **ret_result, struct error *err)
{
	const struct web_actions actions = {
		.arg = fixture,
		.buzzer = on_buzzer,
		.fan_test = on_fan_test,
		.fan_status = on_fan_status,
		.light = on_light,
	};
	json_t *command = json_loads(text, 0, NULL);
	int ret;

	assert_non_null(command);
	ret = web_command_run(&actions, command, ret_result, err);
	json_decref(command);
	return ret;
}

static void test_what_a_hub_may_ask(void **state)
{
	struct fixture fixture = {.pattern = -1};
	json_t *result = NULL;

	(void)state;
	assert_int_equal(run(&fixture, "{\"device\":\"buzzer\",\"body\":{\"pattern\":\"long\"}}",
			     &result, NULL),
			 0);
	assert_int_equal(fixture.pattern, WEB_BUZZER_LONG);
	assert_int_equal(
		run(&fixture, "{\"device\":\"fan\",\"body\":{\"action\":\"test\"}}", &result, NULL),
		0);
	assert_int_equal(fixture.fan_tests, 1);
	assert_int_equal(run(&fixture,
			     "{\"device\":\"leds\",\"body\":{\"color\":\"#0a0b0c\",\"seconds\":"
			     "3600}}",
			     &result, NULL),
			 0);
	assert_int_equal(fixture.color, 0x0a0b0c);
	assert_int_equal(fixture.seconds, 3600);
	assert_null(result);
	assert_int_equal(run(&fixture, "{\"device\":\"fan\"}", &result, NULL), 0);
	assert_true(json_is_true(json_object_get(result, "on")));
	json_decref(result);
}

static void test_what_it_may_not(void **state)
{
	static const struct {
		const char *command, *text;
		int ret;
	} cases[] = {
		{"{\"device\":\"buzzer\",\"body\":{\"pattern\":\"loud\"}}",
		 "pattern: expected \"single\", \"triple\" or \"long\"", ERROR_INVALID},
		{"{\"device\":\"leds\",\"body\":{\"color\":\"#0a0b0c\",\"seconds\":3601}}",
		 "seconds: expected an integer from 1 to 3600", ERROR_INVALID},
		{"{\"device\":\"leds\",\"body\":{\"color\":\"#0a0b0\",\"seconds\":1}}",
		 "color: expected six hexadecimal digits, such as \"#ff8800\"", ERROR_INVALID},
		{"{\"device\":\"leds\",\"body\":{\"color\":\"#0a0b0x\",\"seconds\":1}}",
		 "color: expected six hexadecimal digits, such as \"#ff8800\"", ERROR_INVALID},
		{"{\"device\":\"door\"}",
		 "this node does not know the command's `device`: install the same version of "
		 "harvester on both nodes",
		 ERROR_UNSUPPORTED},
		{"{}",
		 "this node does not know the command's `device`: install the same version of "
		 "harvester on both nodes",
		 ERROR_UNSUPPORTED},
	};
	struct fixture fixture = {.pattern = -1};
	json_t *result = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct error err = {0};

		assert_int_equal(run(&fixture, cases[i].command, &result, &err), cases[i].ret);
		assert_string_equal(err.text, cases[i].text);
	}
	assert_int_equal(fixture.pattern, -1);
	assert_int_equal(fixture.seconds, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_hub_may_ask),
		cmocka_unit_test(test_what_it_may_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
