#include "hardware/bus/gpio.h"
#include "fixture.h"
#include "hardware/driver/dht22.h"
#include "simulation/bus/sim.h"

static int setup(void **state)
{
	struct fixture *f;
	int ret = fixture_setup(state);

	f = *state;
	f->permission.gpio[0] = 4;
	f->permission.gpio[1] = 5;
	f->permission.gpio[2] = 17;
	f->permission.gpio[3] = 200;
	f->permission.gpio_count = 4;
	return ret;
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

static void test_read_write(void **state)
{
	struct fixture *f = *state;

	write_line(f, 5, true);
	assert_true(read_line(f, 5));
	write_line(f, 5, false);
	assert_false(read_line(f, 5));
	/* Asking again for the mode that is changes no level. */
	write_line(f, 5, true);
	set_mode(f, 5, "output");
	assert_true(read_line(f, 5));
	assert_true(f->client.touched_simulated);
}

static void test_direction(void **state)
{
	struct fixture *f = *state;

	permission_init(&f->permission);
	permission_add_gpio(&f->permission, 5, PERMISSION_IN);
	permission_add_gpio(&f->permission, 6, PERMISSION_OUT);
	read_line(f, 5);
	fixture_call(f, "gpio", "write", ARGS(2, U(5), value_bool(true)));
	fixture_assert_error(f, "not granted: gpio 5; add 5 to allow_gpio_out in permission.toml");
	fixture_call(f, "gpio", "set-mode", ARGS(2, U(5), value_text("output")));
	fixture_assert_error(f, "not granted: gpio 5; add 5 to allow_gpio_out in permission.toml");
	write_line(f, 6, true);
	fixture_call(f, "gpio", "read", ARGS(1, U(6)));
	fixture_assert_error(f, "not granted: gpio 6; add 6 to allow_gpio_in in permission.toml");
	fixture_call(f, "gpio-provider", "read-dht22", ARGS(1, U(5)));
	fixture_assert_error(f, "not granted: gpio 5; add 5 to allow_gpio in permission.toml");
}

static void test_inputs(void **state)
{
	struct fixture *f = *state;

	sim_line_drive(world_backend(f->world), 5, SIM_HIGH);
	assert_true(read_line(f, 5));
	sim_line_drive(world_backend(f->world), 5, SIM_LOW);
	assert_false(read_line(f, 5));
	sim_line_drive(world_backend(f->world), 5, SIM_FLOATING);
	set_mode(f, 5, "input-pull-up");
	assert_true(read_line(f, 5));
	set_mode(f, 5, "input-pull-down");
	assert_false(read_line(f, 5));
	fixture_call(f, "gpio", "write", ARGS(2, U(5), value_bool(true)));
	fixture_assert_error(f, "gpio line 5 is an input: set its mode to output first");
	set_mode(f, 5, "output");
	write_line(f, 5, true);
}

static void capture(struct fixture *f, unsigned line, unsigned timeout_ms, unsigned max)
{
	fixture_call(f, "gpio", "capture-edges", ARGS(3, U(line), U(timeout_ms), U(max)));
}

/* The whole of a DHT22's driver over these four functions. */
static void test_capture_dht22(void **state)
{
	struct dht22_reading reading;
	struct fixture *f = *state;
	struct gpio_edge edges[128];
	const cbor_item_t *list;

	set_mode(f, 4, "input-pull-up");
	set_mode(f, 4, "output");
	write_line(f, 4, false);
	clock_manual_advance_ns(&f->clock, 2 * NS_PER_MS);
	capture(f, 4, 20, 128);
	list = fixture_payload(f, true);
	assert_true(cbor_array_size(list) >= 84);
	for (size_t i = 0; i < cbor_array_size(list); i++) {
		struct cbor_pair *fields = cbor_map_handle(cbor_array_handle(list)[i]);

		assert_memory_equal(cbor_string_handle(fields[0].key), "timestamp-ns", 12);
		assert_memory_equal(cbor_string_handle(fields[1].key), "rising", 6);
		edges[i] = (struct gpio_edge){
			.timestamp_ns = cbor_get_int(fields[0].value),
			.sequence = (uint32_t)i,
			.rising = cbor_get_bool(fields[1].value),
		};
	}
	assert_int_equal(dht22_decode(edges, cbor_array_size(list), &reading, &f->err), 0);
	assert_true(reading.temperature_c > 0 && reading.temperature_c < 40);
}

static void test_capture_limits(void **state)
{
	struct fixture *f = *state;

	capture(f, 5, 10, 16);
	assert_int_equal(cbor_array_size(fixture_payload(f, true)), 0);
	capture(f, 5, 10, 0);
	assert_int_equal(cbor_array_size(fixture_payload(f, true)), 0);
	capture(f, 5, 2000, 1024);
	assert_int_equal(cbor_array_size(fixture_payload(f, true)), 0);
	capture(f, 5, 2001, 1);
	fixture_assert_error(
		f, "a capture returns at most 1024 edges and waits at most 2000 ms: ask for less");
	capture(f, 5, 1, 1025);
	fixture_assert_error(
		f, "a capture returns at most 1024 edges and waits at most 2000 ms: ask for less");
}

/* Each line has its own thread: a capture on one costs the others nothing. */
static void test_captures_on_other_lines_are_no_limit(void **state)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};
	struct fixture *f = *state;
	struct capability_call *call;
	unsigned before = f->answers;

	for (unsigned i = 0; i < 5; i++) {
		f->client.name = names[i];
		permission_add_gpio(&f->permission, 20 + i, PERMISSION_IN);
		assert_int_equal(fixture_dispatch(f, "gpio", "capture-edges",
						  ARGS(3, U(20 + i), U(1), U(1)), &call),
				 0);
		assert_non_null(call);
	}
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(f->answers, before + 5);
	fixture_payload(f, true);
}

/* Lines of the host's own, of no chip, and of another plugin. */
static void test_taken_lines(void **state)
{
	struct fixture *f = *state;

	fixture_call(f, "gpio", "write", ARGS(2, U(17), value_bool(true)));
	fixture_payload(f, false);
	fixture_call(f, "gpio", "read", ARGS(1, U(200)));
	fixture_assert_error(
		f, "gpio line 200: the chip has 58 lines, counted from 0: use another line");
	write_line(f, 5, true);
	f->client.name = "other";
	fixture_call(f, "gpio", "read", ARGS(1, U(5)));
	fixture_assert_error(
		f,
		"gpio line 5 is in use by plugin test: use another line, or disable that plugin");
	/* The first one goes, and the line is free. */
	f->client.name = "test";
	capability_client_end(&f->client, false);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	f->client.name = "other";
	write_line(f, 5, false);
}

/* Something on a line that notes how the host drives it. */
struct watch {
	struct sim_line_model base; /* the first member: the callback gets its address */
	enum sim_level host;
};

static void on_host_changed(struct sim_line_model *model, enum sim_level host, uint64_t now_ns)
{
	(void)now_ns;
	((struct watch *)model)->host = host;
}

/* The world calls it until the test has ended. */
static struct watch *watch_line(struct fixture *f, unsigned line)
{
	static const struct sim_line_model_ops ops = {.on_host_changed = on_host_changed};
	static struct watch watches[8];
	struct watch *watch = &watches[line];

	*watch = (struct watch){.base = {&ops}, .host = SIM_FLOATING};
	assert_int_equal(sim_attach_line(world_backend(f->world), line, &watch->base, &f->err), 0);
	return watch;
}

static void end_plugin(struct fixture *f, bool is_failure)
{
	capability_client_end(&f->client, is_failure);
	uv_run(&f->loop, UV_RUN_DEFAULT);
}

/* Whether it was removed or has died; what declares none is released. */
static void test_safe_state(void **state)
{
	struct fixture *f = *state;
	const struct watch *high = watch_line(f, 5), *low = watch_line(f, 6),
			   *none = watch_line(f, 7);

	permission_add_gpio(&f->permission, 6, PERMISSION_OUT);
	permission_add_gpio(&f->permission, 7, PERMISSION_OUT);
	f->permission.safe_gpio[5] = PERMISSION_LEVEL_HIGH;
	f->permission.safe_gpio[6] = PERMISSION_LEVEL_LOW;
	for (int i = 0; i < 2; i++) {
		write_line(f, 5, false);
		write_line(f, 6, true);
		write_line(f, 7, true);
		assert_int_equal(high->host, SIM_LOW);
		end_plugin(f, i);
		assert_int_equal(high->host, SIM_HIGH);
		assert_int_equal(low->host, SIM_LOW);
		assert_int_equal(none->host, SIM_FLOATING);
	}
	/* The next run finds the line so; another plugin may have it. */
	set_mode(f, 5, "output");
	assert_int_equal(high->host, SIM_HIGH);
	end_plugin(f, false);
	f->client.name = "other";
	write_line(f, 5, false);
	assert_int_equal(high->host, SIM_LOW);
	/* Who stops the node releases all. */
	capability_client_end(&f->client, false);
	fixture_close(f);
	assert_int_equal(high->host, SIM_FLOATING);
}

/* A capture that a dead plugin has left does not keep the line from its safe state. */
static void test_safe_state_after_a_capture(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;
	const struct watch *watch = watch_line(f, 5);
	uint64_t begin_ns;

	f->permission.safe_gpio[5] = PERMISSION_LEVEL_HIGH;
	assert_int_equal(fixture_dispatch(f, "gpio", "capture-edges",
					  ARGS(3, U(5), U(2000), U(1024)), &call),
			 0);
	capability_call_abandon(call);
	end_plugin(f, true);
	assert_int_equal(watch->host, SIM_HIGH);
	/* The captures of the next run wait as long as they are to. */
	begin_ns = clock_monotonic_ns(&f->clock.base);
	capture(f, 5, 10, 1);
	fixture_payload(f, true);
	assert_true(clock_monotonic_ns(&f->clock.base) - begin_ns >= 10 * NS_PER_MS);
}

/* What the next version is not granted ends; the rest stays as it is. */
static void test_next_version_with_fewer_lines(void **state)
{
	struct fixture *f = *state;
	struct capability_client next = f->client;
	struct permission fewer;
	const struct watch *kept = watch_line(f, 5), *ended = watch_line(f, 6),
			   *safe = watch_line(f, 7);

	permission_add_gpio(&f->permission, 6, PERMISSION_OUT);
	permission_add_gpio(&f->permission, 7, PERMISSION_OUT);
	f->permission.safe_gpio[5] = f->permission.safe_gpio[7] = PERMISSION_LEVEL_LOW;
	for (unsigned line = 5; line <= 7; line++)
		write_line(f, line, true);
	permission_init(&fewer);
	permission_add_gpio(&fewer, 5, PERMISSION_OUT);
	next.permission = &fewer;
	capability_client_inherit(&next, &f->client);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	assert_int_equal(kept->host, SIM_HIGH);
	assert_int_equal(ended->host, SIM_FLOATING);
	assert_int_equal(safe->host, SIM_LOW);
}

/* The plugin dies in the middle of a capture, and the host right behind it. */
static void test_end_during_capture(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;

	assert_int_equal(fixture_dispatch(f, "gpio", "capture-edges",
					  ARGS(3, U(5), U(2000), U(1024)), &call),
			 0);
	capability_call_abandon(call);
	capability_client_end(&f->client, false);
	fixture_close(f);
	assert_int_equal(f->answers, 0);
}

static void test_bad_mode(void **state)
{
	struct fixture *f = *state;
	struct capability_call *call;

	assert_int_equal(fixture_dispatch(f, "gpio", "set-mode",
					  ARGS(2, U(5), value_text("sideways")), &call),
			 ERROR_MALFORMED);
}

int main(void)
{
#define GPIO_TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		GPIO_TEST(test_read_write),
		GPIO_TEST(test_inputs),
		GPIO_TEST(test_direction),
		GPIO_TEST(test_inputs),
		GPIO_TEST(test_capture_dht22),
		GPIO_TEST(test_capture_limits),
		GPIO_TEST(test_captures_on_other_lines_are_no_limit),
		GPIO_TEST(test_taken_lines),
		GPIO_TEST(test_safe_state),
		GPIO_TEST(test_safe_state_after_a_capture),
		GPIO_TEST(test_next_version_with_fewer_lines),
		GPIO_TEST(test_end_during_capture),
		GPIO_TEST(test_bad_mode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
