/* The buckets of roll-outs, on an engine in memory. */
#include "cluster/internal.h"
#include "cluster/names.h"
#include "fake_engine.h"

struct fixture {
	struct fake_engine engine;
	struct member member;
	int status;
	uint64_t revision;
	unsigned values;
	char last[64], reason[ERROR_TEXT_SIZE];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fake_engine_init(&fixture->engine);
	fixture->member.engine = &fixture->engine.base;
	fixture->member.streams.is_ready = true;
	fixture->member.config.name = "home";
	fixture->member.config.replicas = 1;
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fake_engine_finish(&fixture->engine);
	free(fixture);
	return 0;
}

static void on_written(void *arg, int status, uint64_t revision, const struct error *err)
{
	struct fixture *fixture = arg;

	fixture->status = status;
	fixture->revision = revision;
	snprintf(fixture->reason, sizeof(fixture->reason), "%s", status ? err->text : "");
}

static void on_read(void *arg, int status, const struct member_value *value,
		    const struct error *err)
{
	struct fixture *fixture = arg;

	(void)err;
	if (!value->key) {
		fixture->status = status;
		return;
	}
	fixture->values++;
	fixture->revision = value->revision;
	snprintf(fixture->last, sizeof(fixture->last), "%s=%.*s", value->key, (int)value->size,
		 (const char *)value->data);
}

static int write_text(struct fixture *fixture, const char *key, const char *text, uint64_t expected)
{
	int ret = member_write_key(&fixture->member, MEMBER_ROLLOUTS, key, text, strlen(text),
				   expected, on_written, fixture);

	fake_engine_run(&fixture->engine);
	return ret;
}

static void read_text(struct fixture *fixture, const char *key)
{
	fixture->values = 0;
	fixture->status = -1;
	assert_int_equal(member_read_key(&fixture->member, MEMBER_ROLLOUTS, key, on_read, fixture),
			 0);
	fake_engine_run(&fixture->engine);
}

static void the_first_write_makes_the_bucket(void **state)
{
	struct fixture *fixture = *state;

	read_text(fixture, "plan");
	assert_int_equal(fixture->status, ERROR_NOT_FOUND);
	assert_int_equal(write_text(fixture, "plan", "one", 0), 0);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(fixture->revision, 1);
	assert_non_null(fake_stream(&fixture->engine, CLUSTER_ROLLOUTS));
	assert_null(fake_stream(&fixture->engine, CLUSTER_BUNDLES));
	read_text(fixture, "plan");
	assert_int_equal(fixture->status, 0);
	assert_string_equal(fixture->last, "plan=one");
	assert_int_equal(fixture->revision, 1);
}

/* Two writers that have read the same revision: the later one learns that it was too late. */
static void a_revision_is_a_fencing_token(void **state)
{
	struct fixture *fixture = *state;

	write_text(fixture, "plan", "one", 0);
	write_text(fixture, "plan", "two", 1);
	assert_int_equal(fixture->revision, 2);
	write_text(fixture, "plan", "late", 1);
	assert_int_equal(fixture->status, ERROR_EXISTS);
	assert_string_equal(fixture->reason, "another member has changed the roll-outs in this "
					     "moment: try again");
	read_text(fixture, "plan");
	assert_string_equal(fixture->last, "plan=two");
	write_text(fixture, "report.attic", "a", MEMBER_ANY_REVISION);
	write_text(fixture, "report.attic", "b", MEMBER_ANY_REVISION);
	assert_int_equal(fixture->status, 0);
	read_text(fixture, "report.>");
	assert_int_equal(fixture->status, 0);
	assert_true(fixture->values > 0);
}

static void a_value_has_a_limit(void **state)
{
	struct fixture *fixture = *state;
	char *data = calloc(1, MEMBER_VALUE_MAX + 1);

	assert_int_equal(member_write_key(&fixture->member, MEMBER_BUNDLES, "x.0", data,
					  MEMBER_VALUE_MAX, 0, on_written, fixture),
			 0);
	fake_engine_run(&fixture->engine);
	assert_int_equal(fixture->status, 0);
	assert_int_equal(member_write_key(&fixture->member, MEMBER_BUNDLES, "x.1", data,
					  MEMBER_VALUE_MAX + 1, 0, on_written, fixture),
			 ERROR_TOO_LARGE);
	free(data);
}

static void an_answer_that_is_lost_is_not_taken_for_a_success(void **state)
{
	struct fixture *fixture = *state;

	write_text(fixture, "plan", "one", 0);
	fixture->engine.loses_answers = true;
	write_text(fixture, "plan", "two", 1);
	assert_int_equal(fixture->status, ERROR_TIMEOUT);
	fixture->engine.loses_answers = false;
	read_text(fixture, "plan");
	assert_string_equal(fixture->last, "plan=two");
	fixture->member.streams.is_ready = false;
	assert_int_equal(write_text(fixture, "plan", "three", 2), ERROR_CLOSED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_write_makes_the_bucket),
		TEST(a_revision_is_a_fencing_token),
		TEST(a_value_has_a_limit),
		TEST(an_answer_that_is_lost_is_not_taken_for_a_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
