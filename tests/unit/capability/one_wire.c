#include "fixture.h"
#include "hardware/bus/w1.h"

#define NAME "28-0316a2794bff"
#define OTHER "28-000000000000"

static const char *const wanted[] = {"ds18b20"};

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	fixture_config(&f);
	f.extra = wanted;
	f.extra_count = 1;
	fixture_open(&f);
	*state = &f;
	return 0;
}

static void test_reads(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *value;

	permission_add_w1(&f->permission, NAME);
	fixture_call(f, "one-wire", "read-temperature", ARGS(1, value_text(NAME)));
	value = fixture_payload(f, true);
	assert_true(cbor_float_get_float(value) > 18 && cbor_float_get_float(value) < 25);
	assert_true(f->client.touched_simulated);
}

static void test_lists_what_is_granted(void **state)
{
	struct fixture *f = *state;
	const cbor_item_t *list;

	permission_add_w1(&f->permission, OTHER);
	fixture_call(f, "one-wire", "devices", ARGS(0));
	assert_int_equal(cbor_array_size(fixture_payload(f, true)), 0);
	permission_add_w1(&f->permission, "*");
	fixture_call(f, "one-wire", "devices", ARGS(0));
	list = fixture_payload(f, true);
	assert_int_equal(cbor_array_size(list), 1);
	assert_memory_equal(cbor_string_handle(cbor_array_handle(list)[0]), NAME, strlen(NAME));
}

static void test_denied(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "one-wire", "devices", ARGS(0));
	fixture_assert_error(f, "not granted: 1-wire *; add \"*\" to allow_w1 in permission.toml");
	permission_add_w1(&f->permission, OTHER);
	fixture_call(f, "one-wire", "read-temperature", ARGS(1, value_text(NAME)));
	fixture_assert_error(f, "not granted: 1-wire " NAME "; add \"" NAME
				"\" to allow_w1 in permission.toml");
	assert_int_equal(f->client.denied, 2);
}

static void test_wrong_ids(void **state)
{
	static const char *const ids[] = {"", "*", "../../../../etc/passwd", "28-0316a2794bfg"};
	struct fixture *f = *state;

	permission_add_w1(&f->permission, "*");
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		fixture_call(f, "one-wire", "read-temperature", ARGS(1, value_text(ids[i])));
		fixture_assert_error(
			f, "expected the id of a 1-wire device, such as \"28-0316a2794bff\"");
	}
	fixture_call(f, "one-wire", "read-temperature", ARGS(1, value_text(OTHER)));
	fixture_assert_error(f, "no 1-wire device " OTHER " is simulated: name one that is, or set "
				"`w1_backend = \"linux\"` under [hardware]");
}

static void test_wrong_types(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;

	assert_int_equal(fixture_dispatch(f, "one-wire", "read-temperature", ARGS(1, U(28)), &call),
			 ERROR_MALFORMED);
}

static void test_abandoned(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call = NULL;

	permission_add_w1(&f->permission, "*");
	assert_int_equal(fixture_dispatch(f, "one-wire", "devices", ARGS(0), &call), 0);
	capability_call_abandon(call);
	fixture_close(f);
	assert_int_equal(f->answers, 0);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reads),     TEST(test_lists_what_is_granted), TEST(test_denied),
		TEST(test_wrong_ids), TEST(test_wrong_types),		TEST(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
