#include "fixture.h"

/* The fixture's machine says nothing about itself. */
static void test_nothing_known(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "system-info", "get-memory-usage", ARGS(0));
	assert_int_equal(cbor_array_size(f->value), 2);
	assert_int_equal(cbor_get_int(cbor_array_handle(f->value)[0]), 0);
	assert_int_equal(cbor_get_int(cbor_array_handle(f->value)[1]), 0);
	fixture_call(f, "system-info", "get-cpu-usage", ARGS(0));
	assert_true(isnan(cbor_float_get_float4(f->value)));
}

static void test_this_machine(void **state)
{
	struct fixture *f = *state;
	uint64_t used, total;

	fixture_close(f);
	json_decref(f->missing);
	assert_int_equal(capability_host_create(&f->loop, &f->config, world_backend(f->world),
						&f->clock.base, "", &f->host, NULL),
			 0);
	f->missing = capability_host_missing(f->host);
	f->closed = 0;
	f->client.host = f->host;
	fixture_call(f, "system-info", "get-memory-usage", ARGS(0));
	used = cbor_get_int(cbor_array_handle(f->value)[0]);
	total = cbor_get_int(cbor_array_handle(f->value)[1]);
	assert_true(used > 0 && used <= total);
	fixture_call(f, "system-info", "get-cpu-usage", ARGS(0));
	assert_true(cbor_float_get_float4(f->value) >= 0);
	assert_true(cbor_float_get_float4(f->value) <= 100);
	fixture_call(f, "system-info", "get-uptime", ARGS(0));
	assert_true(cbor_get_int(f->value) > 0);
	/* The real machine: nothing of it is simulated. */
	assert_false(f->client.touched_simulated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_nothing_known), TEST(test_this_machine)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
