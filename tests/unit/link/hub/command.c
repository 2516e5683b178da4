/* Commands to the nodes. */
#include "fixture.h"

static void on_ready(void *arg, json_t *commands)
{
	struct fixture *fixture = arg;

	fixture->ready++;
	json_decref(fixture->commands);
	fixture->commands = commands;
}

static void on_commanded(void *arg, int status, const struct error *err, json_t *result)
{
	struct fixture *fixture = arg;

	json_decref(result);
	fixture->commanded++;
	fixture->command_status = status;
	snprintf(fixture->command_text, sizeof(fixture->command_text), "%s", err ? err->text : "");
}

static int command(struct fixture *fixture, struct error *err)
{
	return hub_command(fixture->hub, "cellar", json_pack("{s:s}", "device", "buzzer"),
			   on_commanded, fixture, err);
}

static void answer(struct fixture *fixture, json_int_t id, int done)
{
	json_t *results = json_pack("{s:[{s:I, s:b, s:s}]}", "results", "id", id, "done", done,
				    "detail", "it is broken");

	assert_int_equal(hub_results(fixture->hub, NULL, "cellar", results, NULL), 0);
	json_decref(results);
}

static void a_command_goes_to_the_one_that_waits_and_its_result_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	assert_int_equal(command(fixture, &err), ERROR_NOT_FOUND);
	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	assert_string_equal(hub_find_device(fixture->hub, "buzzer"), "cellar");
	assert_null(hub_find_device(fixture->hub, "fan"));
	assert_int_equal(
		hub_wait_for_commands(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 0);
	assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(fixture->ready, 1);
	assert_int_equal(json_array_size(json_object_get(fixture->commands, "commands")), 1);
	answer(fixture, 99, 1); /* of none that was asked */
	assert_int_equal(fixture->commanded, 0);
	answer(fixture, 1, 0);
	assert_int_equal(fixture->command_status, ERROR_SYSTEM);
	assert_string_equal(fixture->command_text,
			    "the node cellar could not carry out the command: it is broken");
	/* One that comes before the node asks waits for it; a second question ends the first. */
	assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(
		hub_wait_for_commands(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 2);
	answer(fixture, 2, 1);
	assert_int_equal(fixture->command_status, 0);
	assert_int_equal(
		hub_wait_for_commands(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(
		hub_wait_for_commands(fixture->hub, NULL, "cellar", on_ready, fixture, NULL), 0);
	assert_int_equal(fixture->ready, 3);
}

static void too_many_commands_are_refused_and_a_close_ends_them(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(greet(fixture, NULL, "cellar", NULL), 0);
	for (unsigned i = 0; i < HUB_COMMANDS_MAX; i++)
		assert_int_equal(command(fixture, NULL), 0);
	assert_int_equal(command(fixture, NULL), ERROR_BUSY);
	close_fleet(fixture);
	assert_int_equal(fixture->commanded, HUB_COMMANDS_MAX);
	assert_int_equal(fixture->command_status, ERROR_CLOSED);
	open_fleet(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_command_goes_to_the_one_that_waits_and_its_result_comes_back),
		TEST(too_many_commands_are_refused_and_a_close_ends_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
