#include "hardware/bus/gpio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/sim.h"

#define PIN 4

/* Remembers what the host did last. */
struct watcher {
	struct sim_line_model model;
	enum sim_level host;
	uint64_t at_ns;
	unsigned calls;
};

static void watch(struct sim_line_model *model, enum sim_level host, uint64_t now_ns)
{
	struct watcher *watcher = (struct watcher *)model;

	watcher->host = host;
	watcher->at_ns = now_ns;
	watcher->calls++;
}

struct fixture {
	struct clock_manual clock;
	struct backend *backend;
	struct gpio_chip *chip;
	struct gpio_line *line;
	struct watcher watcher;
};

static const struct sim_line_model_ops watch_ops = {.on_host_changed = watch};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.watcher = {.model = {.ops = &watch_ops}}};
	clock_manual_init(&f.clock, 0);
	assert_int_equal(sim_backend_create(&f.clock.base, NULL, &f.backend, NULL), 0);
	assert_int_equal(backend_open_gpio(f.backend, &f.chip, NULL), 0);
	assert_int_equal(sim_attach_line(f.backend, PIN, &f.watcher.model, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	gpio_line_release(f->line);
	gpio_chip_close(f->chip);
	backend_destroy(f->backend);
	return 0;
}

static void request(struct fixture *f, struct gpio_line_config config)
{
	assert_int_equal(gpio_chip_request(f->chip, PIN, &config, &f->line, NULL), 0);
}

static void schedule_square(struct fixture *f, size_t count, uint64_t first_ns, uint64_t step_ns)
{
	struct sim_line_change changes[SIM_CHANGES_MAX];

	for (size_t i = 0; i < count; i++)
		changes[i] = (struct sim_line_change){first_ns + i * step_ns,
						      i % 2 ? SIM_LOW : SIM_HIGH};
	assert_int_equal(sim_line_schedule(f->backend, PIN, changes, count, NULL), 0);
}

static void test_wrong_requests(void **state)
{
	struct fixture *f = *state;
	const struct gpio_line_config input = {0};
	const struct gpio_line_config both = {.direction = GPIO_OUTPUT, .edges = GPIO_EDGES_BOTH};
	const struct gpio_line_config drive = {.drive = GPIO_OPEN_DRAIN};
	const struct gpio_line_config unknown = {.bias = (enum gpio_bias)4};
	struct gpio_line *other = NULL;
	struct error err;

	assert_int_equal(f->chip->line_count, 58);
	assert_int_equal(gpio_chip_request(f->chip, 58, &input, &other, &err), ERROR_INVALID);
	assert_string_equal(
		err.text, "gpio line 58: the chip has 58 lines, counted from 0: use another line");
	assert_int_equal(gpio_chip_request(f->chip, PIN, &both, &other, NULL), ERROR_INVALID);
	assert_int_equal(gpio_chip_request(f->chip, PIN, &drive, &other, NULL), ERROR_INVALID);
	assert_int_equal(gpio_chip_request(f->chip, PIN, &unknown, &other, NULL), ERROR_INVALID);
	request(f, input);
	assert_int_equal(gpio_chip_request(f->chip, PIN, &input, &other, &err), ERROR_BUSY);
	assert_string_equal(err.text,
			    "gpio line 4 is held already: release it first, or use another line");
	assert_null(other);
	assert_int_equal(gpio_line_configure(f->line, &both, NULL), ERROR_INVALID);
	assert_int_equal(gpio_line_set(f->line, true, &err), ERROR_INVALID);
	assert_string_equal(err.text, "gpio line 4 is an input: set its mode to output first");
	gpio_line_release(f->line);
	request(f, input);
}

static void test_output_reaches_the_model(void **state)
{
	struct fixture *f = *state;
	bool value;

	request(f, (struct gpio_line_config){
			   .direction = GPIO_OUTPUT, .active_low = true, .value = true});
	assert_int_equal(f->watcher.host, SIM_LOW);
	assert_int_equal(gpio_line_get(f->line, &value, NULL), 0);
	assert_true(value);
	clock_manual_advance_ns(&f->clock, 1234);
	assert_int_equal(gpio_line_set(f->line, false, NULL), 0);
	assert_int_equal(f->watcher.host, SIM_HIGH);
	assert_int_equal(f->watcher.at_ns, 1234);
	assert_int_equal(gpio_line_set(f->line, false, NULL), 0);
	assert_int_equal(f->watcher.calls, 2); /* nothing changed */
	gpio_line_release(f->line);
	f->line = NULL;
	assert_int_equal(f->watcher.host, SIM_FLOATING);
}

static void test_open_drain_and_pulls(void **state)
{
	struct fixture *f = *state;
	bool value;

	request(f, (struct gpio_line_config){.direction = GPIO_OUTPUT,
					     .drive = GPIO_OPEN_DRAIN,
					     .bias = GPIO_BIAS_PULL_UP,
					     .value = true});
	assert_int_equal(f->watcher.calls, 0); /* floating it was, floating it is */
	assert_int_equal(gpio_line_get(f->line, &value, NULL), 0);
	assert_true(value);
	sim_line_drive(f->backend, PIN, SIM_LOW);
	assert_int_equal(gpio_line_get(f->line, &value, NULL), 0);
	assert_false(value);
	sim_line_drive(f->backend, PIN, SIM_HIGH);
	assert_int_equal(gpio_line_set(f->line, false, NULL), 0);
	assert_int_equal(f->watcher.host, SIM_LOW);
	assert_int_equal(gpio_line_get(f->line, &value, NULL), 0);
	assert_false(value);
}

static void test_edges_by_the_clock(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[4];
	size_t count = 0;

	request(f, (struct gpio_line_config){.edges = GPIO_EDGES_BOTH});
	clock_manual_advance_ns(&f->clock, 100);
	sim_line_drive(f->backend, PIN, SIM_HIGH);
	sim_line_drive(f->backend, PIN, SIM_HIGH); /* no edge */
	clock_manual_advance_ns(&f->clock, 100);
	sim_line_drive(f->backend, PIN, SIM_LOW);
	assert_int_equal(gpio_line_read_edges(f->line, edges, 4, 0, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_int_equal(edges[0].timestamp_ns, 100);
	assert_true(edges[0].rising);
	assert_int_equal(edges[0].sequence, 1);
	assert_int_equal(edges[1].timestamp_ns, 200);
	assert_false(edges[1].rising);
	assert_int_equal(edges[1].sequence, 2);
}

static void test_one_kind_of_edge(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edges[8];
	size_t count = 0;

	request(f, (struct gpio_line_config){.edges = GPIO_EDGES_FALLING});
	schedule_square(f, 6, 1000, 1000);
	clock_manual_advance_ns(&f->clock, 6000);
	assert_int_equal(gpio_line_read_edges(f->line, edges, 8, 0, &count, NULL), 0);
	assert_int_equal(count, 3);
	assert_int_equal(edges[0].timestamp_ns, 2000);
	assert_int_equal(edges[2].timestamp_ns, 6000);
	assert_int_equal(edges[2].sequence, 3);
}

/* Waits on the clock until the first one, with the model's nanoseconds on it. */
static void test_scheduled_edges(void **state)
{
	struct fixture *f = *state;
	struct gpio_edge edge;
	size_t count = 0;
	struct error err;

	request(f, (struct gpio_line_config){.edges = GPIO_EDGES_BOTH});
	schedule_square(f, 2, 7000000, 26001);
	assert_int_equal(gpio_line_read_edges(f->line, &edge, 1, 6000000, &count, &err),
			 ERROR_TIMEOUT);
	assert_string_equal(err.text,
			    "gpio line 4: no edge within 6.0 ms: check the wiring, or wait longer");
	assert_int_equal(clock_monotonic_ns(&f->clock.base), 6000000);
	assert_int_equal(count, 0);
	assert_int_equal(gpio_line_read_edges(f->line, &edge, 1, UINT64_MAX, &count, NULL), 0);
	assert_int_equal(edge.timestamp_ns, 7000000);
	assert_int_equal(clock_monotonic_ns(&f->clock.base), 7000000);
	assert_int_equal(gpio_line_read_edges(f->line, &edge, 1, 26001, &count, NULL), 0);
	assert_int_equal(edge.timestamp_ns, 7026001);
	assert_int_equal(gpio_line_read_edges(f->line, &edge, 0, 1, &count, NULL), ERROR_INVALID);
}

static void overflow(struct fixture *f, unsigned size, size_t edges_sent, size_t expected)
{
	static struct gpio_edge edges[SIM_CHANGES_MAX];
	size_t count = 0;

	request(f, (struct gpio_line_config){.edges = GPIO_EDGES_BOTH, .event_buffer_size = size});
	schedule_square(f, edges_sent, 1000, 1000);
	clock_manual_advance_ns(&f->clock, 1000 * edges_sent);
	assert_int_equal(gpio_line_read_edges(f->line, edges, SIM_CHANGES_MAX, 0, &count, NULL), 0);
	assert_int_equal(count, expected);
	/* The youngest are there; the gap is before the first. */
	assert_int_equal(edges[0].sequence, edges_sent - expected + 1);
	assert_int_equal(edges[count - 1].sequence, edges_sent);
}

static void test_default_buffer_at_its_limit(void **state)
{
	overflow(*state, 0, 16, 16);
}

static void test_default_buffer_overflows(void **state)
{
	overflow(*state, 0, 84, 16);
}

static void test_large_buffer(void **state)
{
	overflow(*state, 128, 84, 84);
}

static void test_buffer_size_is_cut(void **state)
{
	overflow(*state, 4000000000u, SIM_CHANGES_MAX, SIM_CHANGES_MAX);
}

static void test_schedule_limits(void **state)
{
	struct fixture *f = *state;
	struct sim_line_change changes[SIM_CHANGES_MAX + 1] = {{0, SIM_LOW}};
	struct error err;

	assert_int_equal(sim_line_schedule(f->backend, PIN, changes, SIM_CHANGES_MAX + 1, &err),
			 ERROR_TOO_LARGE);
	assert_int_equal(sim_line_schedule(f->backend, PIN, changes, SIM_CHANGES_MAX, NULL), 0);
	changes[1].at_ns = 5;
	assert_int_equal(sim_line_schedule(f->backend, PIN, changes, 3, &err), ERROR_INVALID);
	assert_string_equal(
		err.text,
		"gpio line 4: change 2 comes before the previous one: order them by time");
	assert_int_equal(sim_attach_line(f->backend, PIN, &f->watcher.model, NULL), ERROR_EXISTS);
	assert_int_equal(sim_attach_line(f->backend, 58, &f->watcher.model, NULL), ERROR_INVALID);
}

/* Turning the line round keeps what the world does: its edges come to the same holder. */
static void test_turn_round(void **state)
{
	struct fixture *f = *state;
	const struct gpio_line_config input = {.edges = GPIO_EDGES_BOTH};
	struct gpio_edge edges[4];
	size_t count = 0;

	sim_line_drive(f->backend, PIN, SIM_HIGH);
	request(f, (struct gpio_line_config){.direction = GPIO_OUTPUT});
	assert_int_equal(f->watcher.host, SIM_LOW);
	assert_int_equal(gpio_line_read_edges(f->line, edges, 4, 0, &count, NULL), ERROR_INVALID);
	assert_int_equal(gpio_line_configure(f->line, &input, NULL), 0);
	assert_int_equal(f->watcher.host, SIM_FLOATING);
	clock_manual_advance_ns(&f->clock, 30);
	sim_line_drive(f->backend, PIN, SIM_LOW);
	assert_int_equal(gpio_line_read_edges(f->line, edges, 4, 0, &count, NULL), 0);
	assert_int_equal(count, 1); /* its own change of direction is none */
	assert_false(edges[0].rising);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_wrong_requests, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_output_reaches_the_model, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_open_drain_and_pulls, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_edges_by_the_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_one_kind_of_edge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scheduled_edges, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_default_buffer_at_its_limit, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_default_buffer_overflows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_large_buffer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_buffer_size_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_schedule_limits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_turn_round, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
