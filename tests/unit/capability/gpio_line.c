/* A candidate beside the running version, on the same lines. The two have one name, as in the host.
 */
#include "capability/gpio_line.h"

#include "fixture.h"
#include "simulation/bus/sim.h"

static int setup(void **state)
{
	struct fixture *f;
	int ret = fixture_setup(state);

	f = *state;
	permission_init(&f->permission);
	permission_add_gpio(&f->permission, 5, PERMISSION_IN_OUT);
	permission_add_gpio(&f->permission, 6, PERMISSION_IN);
	return ret;
}

/* Whose call the next one is. */
static void be_candidate(struct fixture *f, bool is_candidate)
{
	f->client.is_candidate = is_candidate;
}

static void set_mode(struct fixture *f, unsigned line, const char *mode)
{
	fixture_call(f, "gpio", "set-mode", ARGS(2, U(line), value_text(mode)));
	assert_true(cbor_is_null(fixture_payload(f, true)));
}

static void write_line(struct fixture *f, unsigned line, bool value)
{
	fixture_call(f, "gpio", "write", ARGS(2, U(line), value_bool(value)));
	assert_true(cbor_is_null(fixture_payload(f, true)));
}

static bool read_line(struct fixture *f, unsigned line)
{
	fixture_call(f, "gpio", "read", ARGS(1, U(line)));
	return cbor_get_bool(fixture_payload(f, true));
}

static size_t capture(struct fixture *f, unsigned line, unsigned timeout_ms)
{
	fixture_call(f, "gpio", "capture-edges", ARGS(3, U(line), U(timeout_ms), U(16)));
	return cbor_array_size(fixture_payload(f, true));
}

static unsigned failures;
static char failure[ERROR_TEXT_SIZE];

static void note_failure(const char *name, const char *text)
{
	assert_string_equal(name, "test");
	snprintf(failure, sizeof(failure), "%s", text);
	failures++;
}

static void turn(struct fixture *f)
{
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

/* Whatever the candidate asks for, the running version drives its output on, after its end too. */
static void test_output_in_use_stays_one(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 5, "output");
	write_line(f, 5, true);
	be_candidate(f, true);
	set_mode(f, 5, "input");
	set_mode(f, 5, "input-pull-up");
	write_line(f, 5, false);
	assert_int_equal(capture(f, 5, 1), 0);
	assert_true(read_line(f, 5));
	be_candidate(f, false);
	write_line(f, 5, false);
	write_line(f, 5, true);
	be_candidate(f, true);
	capability_client_end(&f->client, true);
	turn(f);
	be_candidate(f, false);
	assert_true(read_line(f, 5));
	write_line(f, 5, false);
	assert_false(read_line(f, 5));
}

static void test_pull_in_use_stays(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 6, "input-pull-up");
	be_candidate(f, true);
	set_mode(f, 6, "input-pull-down");
	assert_true(read_line(f, 6));
	be_candidate(f, false);
	assert_true(read_line(f, 6));
}

/* The edges of the running version are not taken from it, nor watched for where it does not. */
static void test_edges_in_use_stay(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 6, "input-pull-up");
	sim_line_drive(world_backend(f->world), 6, SIM_LOW);
	sim_line_drive(world_backend(f->world), 6, SIM_HIGH);
	be_candidate(f, true);
	assert_int_equal(capture(f, 6, 1), 0);
	be_candidate(f, false);
	assert_int_equal(capture(f, 6, 1), 2);
}

static void test_mode_waits_for_the_takeover(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 5, "output");
	write_line(f, 5, true);
	be_candidate(f, true);
	set_mode(f, 5, "input-pull-down");
	assert_true(read_line(f, 5));
	capability_client_promote(&f->client, note_failure);
	assert_false(f->client.is_candidate);
	assert_false(read_line(f, 5));
	fixture_call(f, "gpio", "write", ARGS(2, U(5), value_bool(true)));
	fixture_assert_error(f, "gpio line 5 is an input: set its mode to output first");
	assert_int_equal(failures, 0);
}

/* As a plugin does that sets its modes when it is loaded. */
static void test_output_mode_waits_for_the_takeover(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 5, "input");
	be_candidate(f, true);
	set_mode(f, 5, "output");
	capability_client_promote(&f->client, note_failure);
	write_line(f, 5, true);
	assert_true(read_line(f, 5));
}

/* A level that the running version has set does not change with a mode that is the same. */
static void test_same_mode_keeps_the_level(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 5, "output");
	write_line(f, 5, true);
	be_candidate(f, true);
	set_mode(f, 5, "output");
	capability_client_promote(&f->client, note_failure);
	assert_true(read_line(f, 5));
}

static void test_modes_of_a_failed_candidate_are_forgotten(void **state)
{
	struct fixture *f = *state;

	set_mode(f, 5, "output");
	write_line(f, 5, true);
	be_candidate(f, true);
	set_mode(f, 5, "input");
	capability_client_end(&f->client, true);
	capability_client_promote(&f->client, note_failure);
	turn(f);
	assert_true(read_line(f, 5));
	write_line(f, 5, true);
}

/* Nobody uses the line: the candidate reads it as it wants to, and keeps it when it takes over. */
static void test_unused_line_is_set_up(void **state)
{
	struct fixture *f = *state;

	be_candidate(f, true);
	set_mode(f, 6, "input-pull-up");
	assert_true(read_line(f, 6));
	set_mode(f, 6, "input-pull-down");
	assert_false(read_line(f, 6));
	assert_int_equal(capture(f, 6, 1), 0);
	capability_client_promote(&f->client, note_failure);
	assert_false(read_line(f, 6));
}

/* The running version finds a line that only a candidate has set up as if nobody had. */
static void test_running_version_comes_first(void **state)
{
	struct fixture *f = *state;

	be_candidate(f, true);
	set_mode(f, 5, "input-pull-up");
	be_candidate(f, false);
	write_line(f, 5, true);
	be_candidate(f, true);
	set_mode(f, 5, "input-pull-down");
	be_candidate(f, false);
	write_line(f, 5, false);
	assert_false(read_line(f, 5));
}

static void test_failed_candidate_lets_go(void **state)
{
	struct fixture *f = *state;
	struct gpio_line *line;
	const struct gpio_line_config input = {.direction = GPIO_INPUT};

	be_candidate(f, true);
	set_mode(f, 5, "input-pull-up");
	read_line(f, 6);
	capability_client_end(&f->client, true);
	be_candidate(f, false);
	write_line(f, 5, true); /* at once, in turn with the release */
	turn(f);
	assert_int_equal(gpio_chip_request(f->host->gpio, 6, &input, &line, &f->err), 0);
	gpio_line_release(line);
	f->client.name = "other";
	fixture_call(f, "gpio", "read", ARGS(1, U(5)));
	fixture_assert_error(
		f,
		"gpio line 5 is in use by plugin test: use another line, or disable that plugin");
	read_line(f, 6);
}

/* What it may not use is refused to a candidate too, and counted. */
static void test_candidate_denied(void **state)
{
	struct fixture *f = *state;

	be_candidate(f, true);
	fixture_call(f, "gpio", "write", ARGS(2, U(6), value_bool(true)));
	fixture_assert_error(f, "not granted: gpio 6; add 6 to allow_gpio_out in permission.toml");
	fixture_call(f, "gpio", "set-mode", ARGS(2, U(7), value_text("output")));
	fixture_payload(f, false);
	assert_int_equal(f->client.denied, 2);
}

/* The answer of a capture that waits comes with the end of the host, or never to one who is gone.
 */
static void test_end_while_a_capture_waits(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call, *other;

	write_line(f, 5, true);
	be_candidate(f, true);
	f->answers = 0;
	assert_int_equal(
		fixture_dispatch(f, "gpio", "capture-edges", ARGS(3, U(5), U(2000), U(1)), &call),
		0);
	assert_int_equal(
		fixture_dispatch(f, "gpio", "capture-edges", ARGS(3, U(5), U(2000), U(1)), &other),
		0);
	capability_call_abandon(call);
	fixture_close(f);
	assert_int_equal(f->answers, 1);
}

static void test_mode_that_fails_is_told(void **state)
{
	struct fixture *f = *state;
	struct gpio_line *line;
	const struct gpio_line_config input = {.direction = GPIO_INPUT};

	failures = 0;
	assert_int_equal(gpio_chip_request(f->host->gpio, 5, &input, &line, &f->err), 0);
	be_candidate(f, true);
	set_mode(f, 5, "output");
	capability_client_promote(&f->client, note_failure);
	turn(f);
	assert_int_equal(failures, 1);
	assert_non_null(strstr(failure, "gpio line 5"));
	gpio_line_release(line);
}

int main(void)
{
#define LINE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		LINE_TEST(test_output_in_use_stays_one),
		LINE_TEST(test_pull_in_use_stays),
		LINE_TEST(test_edges_in_use_stay),
		LINE_TEST(test_mode_waits_for_the_takeover),
		LINE_TEST(test_output_mode_waits_for_the_takeover),
		LINE_TEST(test_same_mode_keeps_the_level),
		LINE_TEST(test_modes_of_a_failed_candidate_are_forgotten),
		LINE_TEST(test_unused_line_is_set_up),
		LINE_TEST(test_running_version_comes_first),
		LINE_TEST(test_failed_candidate_lets_go),
		LINE_TEST(test_candidate_denied),
		LINE_TEST(test_end_while_a_capture_waits),
		LINE_TEST(test_mode_that_fails_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
