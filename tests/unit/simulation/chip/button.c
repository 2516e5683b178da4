#include "simulation/chip/button.h"

#include "fixture.h"
#include "hardware/bus/backend.h"

#define LINE 22
#define EDGES_MAX 1024

struct fixture {
	struct bench bench;
	struct button_model button;
	struct gpio_chip *chip;
	struct gpio_line *line;
	struct gpio_edge edges[EDGES_MAX];
	size_t count;
};

static int set_up(void **state)
{
	static struct fixture f;
	static const struct gpio_line_config watched = {.bias = GPIO_BIAS_PULL_UP,
							.edges = GPIO_EDGES_BOTH,
							.event_buffer_size = EDGES_MAX};

	memset(&f, 0, sizeof(f));
	bench_init(&f.bench);
	clock_manual_advance_ns(&f.bench.clock, 1000 * SECOND); /* nothing began at 0 */
	assert_int_equal(
		button_model_init(&f.button, f.bench.backend, LINE, 1, &f.bench.clock.base, NULL),
		0);
	assert_int_equal(backend_open_gpio(f.bench.backend, &f.chip, NULL), 0);
	assert_int_equal(gpio_chip_request(f.chip, LINE, &watched, &f.line, NULL), 0);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	gpio_line_release(f->line);
	bench_finish(&f->bench);
	return 0;
}

/* The edges of some time to come. */
static size_t pass(struct fixture *f, uint64_t ns)
{
	f->count = 0;
	clock_manual_advance_ns(&f->bench.clock, ns);
	gpio_line_read_edges(f->line, f->edges, EDGES_MAX, 0, &f->count, NULL);
	return f->count;
}

static struct button_truth look(const struct fixture *f)
{
	struct button_truth truth;

	button_model_look(&f->button, &truth);
	return truth;
}

static void test_presses(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(look(f).presses, 0);
	/* Down with one bounce and up with one, once in two seconds. */
	assert_int_equal(pass(f, 20 * SECOND), 60);
	assert_int_equal(look(f).presses, 10);
	for (size_t i = 0; i < 60; i++) {
		assert_int_equal(f->edges[i].rising, i % 2);
		if (i % 6 != 0 && i % 6 != 3)
			assert_true(f->edges[i].timestamp_ns - f->edges[i - 1].timestamp_ns < MS);
	}
	/* Not as a clock does it. */
	assert_int_not_equal(f->edges[6].timestamp_ns - f->edges[0].timestamp_ns,
			     f->edges[12].timestamp_ns - f->edges[6].timestamp_ns);
}

static void test_level_is_the_truth(void **state)
{
	struct fixture *f = *state;
	unsigned pressed = 0;
	bool high;

	for (unsigned i = 0; i < 400; i++) {
		pass(f, 50 * MS);
		assert_int_equal(gpio_line_get(f->line, &high, NULL), 0);
		/* But for a bounce. */
		if (high == look(f).pressed)
			assert_true(f->count > 0 && pass(f, MS) + 1 > 0);
		pressed += look(f).pressed;
	}
	assert_in_range(pressed, 20, 160);
}

static void test_waits_for_an_edge(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(gpio_line_read_edges(f->line, f->edges, 1, 3 * SECOND, &f->count, NULL),
			 0);
	assert_false(f->edges[0].rising);
}

static void add_fault(struct fixture *f, enum fault_kind kind)
{
	struct fault fault = {kind, 0, 10 * SECOND, 0};

	assert_int_equal(
		fault_schedule_add(&f->button.faults, "button", BUTTON_FAULTS, &fault, NULL), 0);
}

static void test_missing_edges(void **state)
{
	struct fixture *f = *state;

	add_fault(f, FAULT_MISSING_EDGES);
	assert_int_equal(pass(f, 10 * SECOND), 25);
	assert_false(f->edges[0].rising);
	assert_false(f->edges[1].rising);
	assert_int_equal(pass(f, 10 * SECOND), 30);
}

static void test_extra_edges(void **state)
{
	struct fixture *f = *state;

	add_fault(f, FAULT_EXTRA_EDGES);
	assert_in_range(pass(f, 500 * MS), 499, 500);
	pass(f, 10 * SECOND);
	assert_in_range(pass(f, 10 * SECOND), 24, 36);
}

static void test_stuck(void **state)
{
	struct fixture *f = *state;
	bool high;

	add_fault(f, FAULT_STUCK_BUS);
	assert_int_equal(pass(f, 10 * SECOND), 1);
	assert_int_equal(gpio_line_get(f->line, &high, NULL), 0);
	assert_false(high);
	pass(f, 2 * SECOND);
	assert_in_range(pass(f, 2 * SECOND), 6, 6);
}

/* Nobody held the line for long: what is told anew begins a little before now. */
static void test_long_unwatched(void **state)
{
	static const struct gpio_line_config watched = {.bias = GPIO_BIAS_PULL_UP,
							.edges = GPIO_EDGES_BOTH};
	struct fixture *f = *state;

	gpio_line_release(f->line);
	clock_manual_advance_ns(&f->bench.clock, 1000000 * SECOND);
	assert_int_equal(gpio_chip_request(f->chip, LINE, &watched, &f->line, NULL), 0);
	assert_int_equal(pass(f, 0), 0);
	assert_int_equal(pass(f, 2 * SECOND), 6);
	assert_in_range(look(f).presses, 500000, 500001);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_presses),	      TEST(test_level_is_the_truth),
		TEST(test_waits_for_an_edge), TEST(test_missing_edges),
		TEST(test_extra_edges),	      TEST(test_stuck),
		TEST(test_long_unwatched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
