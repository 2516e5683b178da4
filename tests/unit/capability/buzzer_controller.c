#include "hardware/driver/buzzer.h"

#include "fixture.h"

static json_int_t switched(struct fixture *f)
{
	json_t *world = world_to_json(f->world);
	json_t *relays = json_object_get(world, "relays");
	json_int_t count =
		json_integer_value(json_object_get(json_object_get(relays, "buzzer"), "switched"));

	json_decref(world);
	return count;
}

static void test_beeps(void **state)
{
	struct fixture *f = *state;

	f->permission.buzzer = true;
	fixture_call(f, "buzzer-controller", "beep", ARGS(3, U(3), U(1), U(1)));
	assert_null(f->value);
	/* It returned at once; the loop plays the rest. */
	assert_int_equal(switched(f), 1);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(switched(f), 3);
	fixture_call(f, "buzzer-controller", "buzz", ARGS(1, U(1)));
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(switched(f), 4);
	assert_false(f->client.touched_simulated); /* driven, not read: readings stay real */
}

/* A plugin that never stops asking sounds once, and then only as time fills what it may. */
static void test_asking_for_ever(void **state)
{
	struct fixture *f = *state;

	f->permission.buzzer = true;
	for (int i = 0; i < 1000; i++) {
		fixture_call(f, "buzzer-controller", "beep", ARGS(3, U(255), U(1), U(0)));
		fixture_call(f, "buzzer-controller", "buzz", ARGS(1, U(UINT32_MAX)));
		fixture_call(f, "buzzer-controller", "buzz", ARGS(1, U(0)));
	}
	assert_int_equal(switched(f), 1);
}

/* The host closes in the middle of the longest pattern there is: silence. */
static void test_close_while_playing(void **state)
{
	struct fixture *f = *state;
	json_t *world;

	f->permission.buzzer = true;
	fixture_call(f, "buzzer-controller", "beep", ARGS(3, U(255), U(UINT32_MAX), U(UINT32_MAX)));
	fixture_close(f);
	world = world_to_json(f->world);
	assert_true(json_is_false(json_object_get(
		json_object_get(json_object_get(world, "relays"), "buzzer"), "on")));
	json_decref(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_beeps), TEST(test_asking_for_ever),
					   TEST(test_close_while_playing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
