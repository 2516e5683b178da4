#include "fixture.h"

static bool real_fan(struct fixture *f)
{
	json_t *world = world_to_json(f->world);
	json_t *fan = json_object_get(json_object_get(world, "relays"), "fan");
	bool on = json_is_true(json_object_get(fan, "on"));

	json_decref(world);
	return on;
}

static bool state_of(struct fixture *f)
{
	fixture_call(f, "fan-controller", "get-fan-state", ARGS(0));
	return cbor_get_bool(f->value);
}

static void set(struct fixture *f, bool on)
{
	fixture_call(f, "fan-controller", "set-fan", ARGS(1, value_bool(on)));
	assert_null(f->value);
}

static void test_set(void **state)
{
	struct fixture *f = *state;

	f->permission.fan = true;
	assert_false(state_of(f));
	set(f, true);
	assert_true(state_of(f));
	assert_true(real_fan(f));
	set(f, false);
	assert_false(state_of(f));
	assert_false(real_fan(f));
}

static void test_not_granted(void **state)
{
	struct fixture *f = *state;

	set(f, true);
	assert_false(real_fan(f));
	assert_int_equal(f->client.denied, 1);
	/* Looking is free. */
	assert_false(state_of(f));
	assert_int_equal(f->client.denied, 1);
}

/* What a plugin wanted ends with it. */
static void test_client_end(void **state)
{
	struct fixture *f = *state;

	f->permission.fan = true;
	set(f, true);
	capability_client_end(&f->client, false);
	assert_false(real_fan(f));
}

/* Unless it declares that the fan is safe while it is on. */
static void test_safe_state(void **state)
{
	struct fixture *f = *state;
	struct capability_client next = f->client;
	struct permission nothing;

	f->permission.fan = f->permission.safe_fan = true;
	capability_client_end(&f->client, true);
	assert_true(real_fan(f));
	/* A version that may use it takes it over as it is; one that may not does not. */
	f->permission.safe_fan = false;
	capability_client_inherit(&next, &f->client);
	assert_true(real_fan(f));
	permission_init(&nothing);
	next.permission = &nothing;
	capability_client_inherit(&next, &f->client);
	assert_false(real_fan(f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set),
		TEST(test_not_granted),
		TEST(test_client_end),
		TEST(test_safe_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
