#include "capability/outputs.h"

#include "../hardware/driver/fake.h"
#include "base/clock.h"
#include "base/work_queue.h"
#include "hardware/driver/led_strip.h"

#define LEDS 3

struct fixture {
	uv_loop_t loop;
	struct fake_spi spi;
	struct work_queue *queue;
	struct led_strip *strip;
	struct clock_manual clock; /* at 1 s of Unix time */
	struct outputs *outputs;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	fake_spi_init(&f->spi);
	assert_int_equal(uv_loop_init(&f->loop), 0);
	assert_int_equal(work_queue_create(&f->loop, 2, &f->queue, NULL), 0);
	assert_int_equal(led_strip_create(&f->spi.device, f->queue, LEDS, 255, &f->strip, NULL), 0);
	clock_manual_init(&f->clock, 1000);
	f->outputs = outputs_create(LEDS, &f->clock.base);
	assert_non_null(f->outputs);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	work_queue_close(f->queue, NULL, NULL);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	led_strip_destroy(f->strip);
	outputs_destroy(f->outputs);
	assert_int_equal(uv_loop_close(&f->loop), 0);
	free(f);
	return 0;
}

static void assert_shown(const struct fixture *f, const char *expected)
{
	json_t *shown = outputs_to_json(f->outputs, f->strip), *wanted;
	char *text = strdup(expected);

	for (char *at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	wanted = json_loads(text, 0, NULL);
	assert_non_null(wanted);
	if (!json_equal(shown, wanted))
		fail_msg("%s", json_dumps(shown, 0));
	json_decref(shown);
	json_decref(wanted);
	free(text);
}

/* As a plugin does: the strip and the notice. */
static void set(struct fixture *f, const char *plugin, unsigned led, struct led_color color)
{
	assert_int_equal(led_strip_set(f->strip, led, color), 0);
	outputs_set(f->outputs, plugin, (int)led,
		    (uint32_t)color.r << 16 | (uint32_t)color.g << 8 | color.b);
}

/* As the node does with a reading of that plugin. */
static void explain(struct fixture *f, const char *plugin, const char *why)
{
	if (outputs_wait_for(f->outputs, plugin))
		outputs_explain(f->outputs, plugin, why);
}

#define RED ((struct led_color){.r = 255})
#define LED0 "{'led': 0, 'color': '#ff0000', 'by': 'plugin', 'name': 'dht22', 'since_ms': "

static void test_nothing(void **state)
{
	assert_shown(*state, "{'leds': [], 'buzzer': null}");
}

/* The reading that comes next is the reason, and stays it while the colour does. */
static void test_a_plugin(void **state)
{
	struct fixture *f = *state;

	set(f, "dht22", 0, RED);
	assert_shown(f, "{'leds': [" LED0 "1000, 'why': null}], 'buzzer': null}");
	explain(f, "other", "x 1");
	explain(f, "dht22", "t 31");
	clock_manual_advance_ns(&f->clock, 1000000000);
	set(f, "dht22", 0, RED);
	explain(f, "dht22", "t 32");
	assert_shown(f, "{'leds': [" LED0 "1000, 'why': 't 31'}], 'buzzer': null}");
	set(f, "dht22", 0, (struct led_color){0});
	assert_shown(f, "{'leds': [], 'buzzer': null}");
	set(f, "dht22", 0, RED);
	explain(f, "dht22", "t 33");
	assert_shown(f, "{'leds': [" LED0 "2000, 'why': 't 33'}], 'buzzer': null}");
}

/* An alert's colour hides the plugin's; a person's hides both. */
static void test_who_is_seen(void **state)
{
	struct fixture *f = *state;
	const struct led_color blue = {.b = 255};

	set(f, "dht22", 0, RED);
	led_strip_mark(f->strip, 0, &blue);
	outputs_mark(f->outputs, 0, 0x0000ff, "frost", "it is cold");
	assert_shown(f, "{'leds': [{'led': 0, 'color': '#0000ff', 'by': 'alert', 'name': 'frost', "
			"'since_ms': 1000, 'why': 'it is cold'}], 'buzzer': null}");
	led_strip_cover(f->strip, (struct led_color){1, 2, 3});
	assert_shown(f, "{'leds': [{'led': 0, 'color': '#010203', 'by': 'person', 'name': null, "
			"'since_ms': null, 'why': null}, {'led': 1, 'color': '#010203', 'by': "
			"'person', 'name': null, 'since_ms': null, 'why': null}, {'led': 2, "
			"'color': '#010203', 'by': 'person', 'name': null, 'since_ms': null, "
			"'why': null}], 'buzzer': null}");
	led_strip_uncover(f->strip);
	led_strip_mark(f->strip, 0, NULL);
	outputs_mark(f->outputs, 0, 0, NULL, NULL);
	assert_shown(f, "{'leds': [" LED0 "1000, 'why': null}], 'buzzer': null}");
}

static void test_the_buzzer(void **state)
{
	struct fixture *f = *state;

	outputs_set(f->outputs, "dht22", -1, 0);
	explain(f, "dht22", "t 31");
	assert_shown(f, "{'leds': [], 'buzzer': {'by': 'plugin', 'name': 'dht22', 'since_ms': "
			"1000, 'why': 't 31'}}");
	outputs_sounded(f->outputs, "frost", "it is cold");
	explain(f, "dht22", "t 32");
	assert_shown(f, "{'leds': [], 'buzzer': {'by': 'alert', 'name': 'frost', 'since_ms': 1000, "
			"'why': 'it is cold'}}");
	outputs_sounded(f->outputs, NULL, NULL);
	assert_shown(f, "{'leds': [], 'buzzer': {'by': 'person', 'name': null, 'since_ms': 1000, "
			"'why': null}}");
}

/* LEDs beyond the strip, and a reason that is too long. */
static void test_limits(void **state)
{
	struct fixture *f = *state;
	char why[1024];

	outputs_set(f->outputs, "dht22", LEDS, 0xff0000);
	outputs_mark(f->outputs, LEDS, 0xff0000, "frost", "x");
	assert_shown(f, "{'leds': [], 'buzzer': null}");
	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = 0;
	memcpy(why + 253, "äää", 6);
	outputs_sounded(f->outputs, "frost", why);
	json_decref(outputs_to_json(f->outputs, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),    TEST(test_a_plugin), TEST(test_who_is_seen),
		TEST(test_the_buzzer), TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
