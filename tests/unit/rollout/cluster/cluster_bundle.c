/* How large a bundle a cluster passes on; the rest is in tests/cluster/test_cluster_rollouts.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bundle/manifest.h"
#include "rollout/cluster/internal.h"

struct result {
	unsigned calls;
	int code;
	char text[ERROR_TEXT_SIZE];
};

static void on_shared(void *arg, int code, const struct error *err)
{
	struct result *result = arg;

	result->calls++;
	result->code = code;
	memcpy(result->text, err->text, sizeof(result->text));
}

static void share(struct result *result, uint64_t size)
{
	static const char digest[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct cluster_rollouts rollouts = {0};
	uv_loop_t loop;

	uv_loop_init(&loop);
	rollouts.config.loop = &loop;
	rollouts.config.data_folder = "/nowhere";
	*result = (struct result){0};
	cluster_bundle_share(&rollouts, digest, size, on_shared, result);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

static void a_bundle_has_a_limit(void **state)
{
	struct result result;

	(void)state;
	share(&result, CLUSTER_BUNDLE_MAX + 1);
	assert_int_equal(result.calls, 1);
	assert_int_equal(result.code, ERROR_TOO_LARGE);
	assert_string_equal(
		result.text,
		"a cluster passes on bundles of at most 16777216 bytes, and this one "
		"has 16777217: install it on each node with `harvester plugin install`");
	/* At the limit it goes on to read the file, which is not there. */
	share(&result, CLUSTER_BUNDLE_MAX);
	assert_int_equal(result.calls, 1);
	assert_true(result.code && result.code != ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_bundle_has_a_limit)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
