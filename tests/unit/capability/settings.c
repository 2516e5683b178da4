#include "fixture.h"

static void assert_text(struct fixture *f, const char *expected)
{
	assert_int_equal(cbor_string_length(f->value), strlen(expected));
	assert_memory_equal(cbor_string_handle(f->value), expected, strlen(expected));
}

static void test_get_all(void **state)
{
	struct fixture *f = *state;
	json_t *settings = json_pack("{s:i, s:s}", "window", 3, "name", "\xc3\xa4");

	fixture_call(f, "settings", "get-all", ARGS(0));
	assert_text(f, "{}");
	f->client.settings = settings;
	fixture_call(f, "settings", "get-all", ARGS(0));
	assert_text(f, "{\"window\":3,\"name\":\"\xc3\xa4\"}");
	json_decref(settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_get_all)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
