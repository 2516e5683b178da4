#include "hardware/bus/gpio.h"

#include <linux/gpio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fixture.h"
#include "hardware/driver/dht22.h"
#include "hardware/driver/relay.h"
#include "simulation/bus/sim.h"

#define SECOND 1000000000ull

static struct gpio_chip *open_chip(const struct kernel_options *kernel,
				   const struct linux_options *options)
{
	struct gpio_chip *chip;

	fixture_open(kernel, options, NULL);
	assert_int_equal(backend_open_gpio(fixture.backend, &chip, &fixture.err), 0);
	assert_int_equal(chip->line_count, 58);
	assert_false(chip->simulated);
	return chip;
}

static void close_chip(struct gpio_chip *chip)
{
	gpio_chip_close(chip);
	fixture_close();
}

static struct gpio_line *request(struct gpio_chip *chip, unsigned offset,
				 const struct gpio_line_config *config)
{
	struct gpio_line *line;

	assert_int_equal(gpio_chip_request(chip, offset, config, &line, &fixture.err), 0);
	return line;
}

static void drive(enum sim_level level)
{
	sim_line_drive(world_backend(fixture.world), FREE_PIN, level);
}

static bool get(struct gpio_line *line)
{
	bool value;

	assert_int_equal(gpio_line_get(line, &value, &fixture.err), 0);
	return value;
}

/* Values are logical, in both directions, and the wire is what the world sees. */
static void test_values(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	struct gpio_line_config config = {.direction = GPIO_INPUT, .bias = GPIO_BIAS_PULL_UP};
	struct gpio_line *line = request(chip, FREE_PIN, &config);

	(void)state;
	assert_true(get(line));
	drive(SIM_LOW);
	assert_false(get(line));
	assert_int_equal(gpio_line_set(line, true, &fixture.err), ERROR_INVALID);
	config.active_low = true;
	assert_int_equal(gpio_line_configure(line, &config, &fixture.err), 0);
	assert_true(get(line));
	config = (struct gpio_line_config){.direction = GPIO_OUTPUT, .value = true};
	assert_int_equal(gpio_line_configure(line, &config, &fixture.err), 0);
	assert_true(get(line));
	assert_int_equal(gpio_line_set(line, false, &fixture.err), 0);
	assert_false(get(line));
	gpio_line_release(line);
	close_chip(chip);
}

/* Every setting that gpio.h has is one that the kernel takes. */
static void test_all_settings(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	unsigned taken = 0;

	(void)state;
	for (unsigned i = 0; i < 2 * 4 * 3 * 4 * 2; i++) {
		const struct gpio_line_config config = {
			.direction = i % 2,
			.bias = i / 2 % 4,
			.drive = i / 8 % 3,
			.edges = i / 24 % 4,
			.active_low = i / 96,
		};
		struct gpio_line *line;

		if (gpio_chip_request(chip, FREE_PIN, &config, &line, &fixture.err)) {
			assert_true(config.direction == GPIO_INPUT ? config.drive != GPIO_PUSH_PULL
								   : config.edges != 0);
			continue;
		}
		taken++;
		gpio_line_release(line);
	}
	/* Inputs: 4 biases, 4 edges; outputs: 4 biases, 3 drives; each active high and low. */
	assert_int_equal(taken, 2 * (4 * 4 + 4 * 3));
	close_chip(chip);
}

static size_t read_edges(struct gpio_line *line, struct gpio_edge *edges, size_t max)
{
	size_t count = 0, part;

	while (count < max) {
		assert_int_equal(gpio_line_read_edges(line, edges + count, max - count, SECOND,
						      &part, &fixture.err),
				 0);
		count += part;
	}
	return count;
}

static void test_edges(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	struct gpio_line_config config = {.direction = GPIO_INPUT, .edges = GPIO_EDGES_BOTH};
	struct gpio_line *line;
	struct gpio_edge edges[4];
	size_t count;

	(void)state;
	drive(SIM_LOW);
	line = request(chip, FREE_PIN, &config);
	assert_int_equal(gpio_line_read_edges(line, edges, 4, 20000000, &count, &fixture.err),
			 ERROR_TIMEOUT);
	assert_string_equal(
		fixture.err.text,
		"gpio line 22: no edge within 20.0 ms: check the wiring, or wait longer");
	drive(SIM_HIGH);
	drive(SIM_LOW);
	assert_int_equal(read_edges(line, edges, 2), 2);
	assert_true(edges[0].rising && !edges[1].rising);
	assert_true(edges[0].timestamp_ns <= edges[1].timestamp_ns);
	assert_int_equal(edges[0].sequence, 1);
	assert_int_equal(edges[1].sequence, 2);

	/* The wire's rises or falls alone, whatever counts as active. */
	for (unsigned i = 0; i < 4; i++) {
		bool rising = i & 1;

		config.active_low = i & 2;
		config.edges = rising ? GPIO_EDGES_RISING : GPIO_EDGES_FALLING;
		assert_int_equal(gpio_line_configure(line, &config, &fixture.err), 0);
		drive(SIM_HIGH);
		drive(SIM_LOW);
		drive(SIM_HIGH);
		drive(SIM_LOW);
		assert_int_equal(read_edges(line, edges, 2), 2);
		assert_true(edges[0].rising == rising && edges[1].rising == rising);
	}

	config = (struct gpio_line_config){.direction = GPIO_INPUT};
	assert_int_equal(gpio_line_configure(line, &config, &fixture.err), 0);
	assert_int_equal(gpio_line_read_edges(line, edges, 4, 0, &count, &fixture.err),
			 ERROR_INVALID);
	assert_string_equal(fixture.err.text,
			    "gpio line 22 does not watch for edges: request it with edges first");
	gpio_line_release(line);
	close_chip(chip);
}

/* Until the kernel has handed on so many. */
static void wait_for_edges(uint64_t count)
{
	while (kernel_counters(fixture.kernel).edges < count)
		clock_sleep_ns(clock_system(), 1000000);
}

/* Without a size of its own a line keeps 16 edges, and the oldest go: the gap in the numbers tells.
 */
static void test_overflow(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	const struct gpio_line_config few = {.direction = GPIO_INPUT, .edges = GPIO_EDGES_BOTH};
	const struct gpio_line_config many = {
		.direction = GPIO_INPUT, .edges = GPIO_EDGES_BOTH, .event_buffer_size = 128};
	struct gpio_edge edges[128];
	struct gpio_line *line;

	(void)state;
	drive(SIM_LOW);
	line = request(chip, FREE_PIN, &few);
	for (unsigned i = 0; i < 40; i++)
		drive(i % 2 ? SIM_LOW : SIM_HIGH);
	wait_for_edges(40);
	assert_int_equal(read_edges(line, edges, 16), 16);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(edges[i].sequence, 25 + i);
	gpio_line_release(line);
	line = request(chip, FREE_PIN, &many);
	for (unsigned i = 0; i < 128; i++)
		drive(i % 2 ? SIM_LOW : SIM_HIGH);
	assert_int_equal(read_edges(line, edges, 128), 128);
	assert_int_equal(edges[0].sequence, 1);
	gpio_line_release(line);
	close_chip(chip);
}

static void test_held_by_another(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	const struct gpio_line_config out = {.direction = GPIO_OUTPUT};
	const struct gpio_line_config in = {.direction = GPIO_INPUT};
	struct gpio_line *line, *second;

	(void)state;
	kernel_hold_line(fixture.kernel, 5, "led0", false);
	assert_int_equal(gpio_chip_request(chip, 5, &in, &line, &fixture.err), ERROR_BUSY);
	assert_string_equal(fixture.err.text, "gpio line 5 of gpiochip0 is held by \"led0\": stop "
					      "what holds it, or use another line");
	kernel_hold_line(fixture.kernel, 6, "rtc alarm", true);
	assert_int_equal(gpio_chip_request(chip, 6, &out, &line, &fixture.err), ERROR_BUSY);
	assert_string_equal(fixture.err.text,
			    "gpio line 6 of gpiochip0 serves the kernel as an interrupt and cannot "
			    "be an output: use another line");
	line = request(chip, 6, &in);
	assert_int_equal(gpio_line_configure(line, &out, &fixture.err), ERROR_BUS);
	gpio_line_release(line);

	line = request(chip, FREE_PIN, &in);
	assert_int_equal(gpio_chip_request(chip, FREE_PIN, &in, &second, &fixture.err), ERROR_BUSY);
	assert_string_equal(fixture.err.text, "gpio line 22 of gpiochip0 is held by \"harvester\": "
					      "stop what holds it, or use another line");
	gpio_line_release(line);
	gpio_line_release(request(chip, FREE_PIN, &out));
	assert_int_equal(gpio_chip_request(chip, 58, &in, &line, &fixture.err), ERROR_INVALID);
	close_chip(chip);
}

static void test_find_chip(void **state)
{
	static const struct {
		const char *label, *wanted;
		unsigned number;
		int result;
	} cases[] = {
		{"pinctrl-bcm2835", NULL, 0, 0},	 {"pinctrl-rp1", NULL, 4, 0},
		{"pinctrl-bcm2711", "0", 0, 0},		 {"something", "something", 7, 0},
		{"something", "gpiochip7", 7, 0},	 {"something", NULL, 0, 0},
		{"something", NULL, 7, ERROR_NOT_FOUND}, {"something", "other", 7, ERROR_NOT_FOUND},
		{"something", "6", 7, ERROR_NOT_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kernel_options kernel = {.gpio_label = cases[i].label,
						      .gpio_number = cases[i].number};
		const struct linux_options options = {.root = "", .gpio_chip = cases[i].wanted};
		struct gpio_chip *chip;
		unsigned number = 99;

		fixture_open(&kernel, &options, NULL);
		assert_int_equal(backend_open_gpio(fixture.backend, &chip, &fixture.err),
				 cases[i].result);
		if (!cases[i].result)
			gpio_chip_close(chip);
		if (!linux_gpio_find_chip("", cases[i].label, &number, NULL))
			assert_int_equal(number, cases[i].number);
		fixture_close();
	}
	assert_string_equal(fixture.err.text,
			    "no /dev/gpiochip6: this machine has no such gpio chip (`gpio_chip` "
			    "under [hardware] names another one; `harvester doctor` lists them)");
}

/* Who may not use the chips is told so, and not that there are none. */
static void test_not_allowed(void **state)
{
	static const char *const wanted[] = {NULL, "0", "pinctrl-bcm2711"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const struct linux_options options = {.root = "", .gpio_chip = wanted[i]};
		struct gpio_chip *chip;

		gpio_chip_close(open_chip(NULL, &options));
		wrap_refuse(EACCES);
		assert_int_equal(backend_open_gpio(fixture.backend, &chip, &fixture.err),
				 ERROR_SYSTEM);
		wrap_refuse(0);
		assert_non_null(strstr(fixture.err.text, "add it to the group gpio (sudo usermod "
							 "-aG gpio USER)"));
		fixture_close();
	}
}

static void test_look(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	struct linux_gpio_chip_info info;
	struct linux_gpio_line_info line;

	(void)state;
	assert_int_equal(linux_gpio_look_at_chip("", 0, &info, NULL), 0);
	assert_string_equal(info.label, "pinctrl-bcm2711");
	assert_int_equal(info.line_count, 58);
	assert_int_equal(linux_gpio_look_at_chip("", 1, &info, NULL), ERROR_NOT_FOUND);
	kernel_hold_line(fixture.kernel, 5, "led0", false);
	assert_int_equal(linux_gpio_look_at_line("", 0, 5, &line, NULL), 0);
	assert_true(line.is_held);
	assert_string_equal(line.name, "GPIO5");
	assert_string_equal(line.consumer, "led0");
	assert_int_equal(linux_gpio_look_at_line("", 0, 6, &line, NULL), 0);
	assert_false(line.is_held);
	assert_int_equal(linux_gpio_look_at_line("", 0, 58, &line, NULL), ERROR_NOT_FOUND);
	close_chip(chip);
}

/* The stand-in itself: what was left in the padding is refused, as by Linux. */
static void test_padding(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	struct gpio_v2_line_request request = {
		.num_lines = 1, .config = {.flags = GPIO_V2_LINE_FLAG_INPUT}, .padding = {1}};
	int fd = kernel_open(fixture.kernel, "/dev/gpiochip0");

	(void)state;
	assert_int_equal(ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request), -1);
	assert_int_equal(errno, EINVAL);
	request.padding[0] = 0;
	request.config.padding[4] = 1;
	assert_int_equal(ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request), -1);
	request.config.padding[4] = 0;
	assert_int_equal(ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request), 0);
	close(request.fd);
	close(fd);
	close_chip(chip);
}

static void test_dht22(void **state)
{
	struct gpio_chip *chip = open_chip(NULL, NULL);
	struct dht22_reading reading;
	struct dht22 *sensor;

	(void)state;
	assert_int_equal(dht22_create(chip, DHT22_PIN, clock_system(), &sensor, NULL), 0);
	assert_int_equal(dht22_read(sensor, &reading, &fixture.err), 0);
	assert_near(reading.temperature_c, fixture_truth("dht22", "temperature"), 0.15);
	assert_near(reading.humidity_percent, fixture_truth("dht22", "humidity"), 0.15);
	/* The line was turned round by one operation on the held descriptor. */
	assert_int_equal(kernel_counters(fixture.kernel).configs, 1);
	dht22_destroy(sensor);
	close_chip(chip);
}

static void test_dht22_faults(void **state)
{
	static const struct {
		const char *kind, *text;
		int code;
	} cases[] = {
		{"checksum",
		 "DHT22 on GPIO4: checksum mismatch: check the sensor's wire and pull-up resistor",
		 ERROR_CHECKSUM},
		{"missing-edges",
		 "DHT22 on GPIO4: only 78 of 84 edges arrived: check the sensor's wire and pull-up "
		 "resistor",
		 ERROR_TIMEOUT},
		{"stuck-bus",
		 "DHT22 on GPIO4: no answer: check the sensor's power, wire and pull-up resistor",
		 ERROR_TIMEOUT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct world_fault fault = {.device = "dht22", .kind = cases[i].kind};
		struct dht22_reading reading;
		struct dht22 *sensor;
		struct gpio_chip *chip;

		fixture_open(NULL, NULL, &fault);
		assert_int_equal(backend_open_gpio(fixture.backend, &chip, &fixture.err), 0);
		assert_int_equal(dht22_create(chip, DHT22_PIN, clock_system(), &sensor, NULL), 0);
		assert_int_equal(dht22_read(sensor, &reading, &fixture.err), cases[i].code);
		assert_string_equal(fixture.err.text, cases[i].text);
		dht22_destroy(sensor);
		close_chip(chip);
	}
}

/* Answers as a DHT22, but for what is left out of the preamble. */
struct shy {
	struct sim_line_model model;
	unsigned left_out;
	bool was_low;
};

static void answer_shyly(struct sim_line_model *model, enum sim_level host, uint64_t now_ns)
{
	static const uint8_t frame[5] = {0x02, 0x8C, 0x01, 0x5F, 0xEE};
	struct shy *shy = (struct shy *)model;
	struct sim_line_change changes[84];
	uint64_t at = now_ns + 30000;
	size_t n = 0;

	sim_line_drive(world_backend(fixture.world), FREE_PIN, SIM_HIGH);
	if (!shy->was_low || host == SIM_LOW) {
		shy->was_low = host == SIM_LOW;
		return;
	}
	shy->was_low = false;
	changes[n++] = (struct sim_line_change){at, SIM_LOW};
	changes[n++] = (struct sim_line_change){at += 80000, SIM_HIGH};
	at += 80000;
	for (unsigned bit = 0; bit < 40; bit++) {
		changes[n++] = (struct sim_line_change){at, SIM_LOW};
		changes[n++] = (struct sim_line_change){at += 50000, SIM_HIGH};
		at += frame[bit / 8] & (0x80u >> bit % 8) ? 70000 : 27000;
	}
	changes[n++] = (struct sim_line_change){at, SIM_LOW};
	changes[n++] = (struct sim_line_change){at + 50000, SIM_HIGH};
	sim_line_schedule(world_backend(fixture.world), FREE_PIN, changes + shy->left_out,
			  n - shy->left_out, NULL);
}

/* 84 edges, and 82: without the pulse of the preamble. 80 are too few. */
static void test_dht22_lost_edges(void **state)
{
	static const struct sim_line_model_ops ops = {.on_host_changed = answer_shyly};

	(void)state;
	for (unsigned left_out = 0; left_out <= 4; left_out += 2) {
		struct gpio_chip *chip = open_chip(NULL, NULL);
		struct shy shy = {.model = {.ops = &ops}, .left_out = left_out};
		struct dht22_reading reading;
		struct dht22 *sensor;
		int result;

		assert_int_equal(
			sim_attach_line(world_backend(fixture.world), FREE_PIN, &shy.model, NULL),
			0);
		assert_int_equal(dht22_create(chip, FREE_PIN, clock_system(), &sensor, NULL), 0);
		result = dht22_read(sensor, &reading, &fixture.err);
		if (left_out == 4) {
			assert_int_equal(result, ERROR_TIMEOUT);
			assert_string_equal(fixture.err.text,
					    "DHT22 on GPIO22: only 80 of 84 edges arrived: check "
					    "the sensor's wire and pull-up resistor");
		} else {
			assert_int_equal(result, 0);
			assert_near(reading.humidity_percent, 65.2, 1e-9);
			assert_near(reading.temperature_c, 35.1, 1e-9);
		}
		dht22_destroy(sensor);
		close_chip(chip);
	}
}

static bool relay_is(const char *name)
{
	json_t *truth = world_to_json(fixture.world);
	bool on = json_is_true(
		json_object_get(json_object_get(json_object_get(truth, "relays"), name), "on"));

	json_decref(truth);
	return on;
}

/* Off from the first moment, active low or high, and off when its holder lets go. */
static void test_relays(void **state)
{
	static const struct {
		const char *name;
		struct relay_config config;
	} cases[] = {
		{"buzzer", {.pin = BUZZER_PIN, .active_low = true}},
		{"fan", {.pin = FAN_PIN}},
	};
	struct gpio_chip *chip = open_chip(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct relay *relay;

		assert_int_equal(
			relay_create(chip, &cases[i].config, clock_system(), &relay, &fixture.err),
			0);
		assert_false(relay_is(cases[i].name));
		assert_int_equal(relay_set(relay, true, &fixture.err), 0);
		assert_true(relay_is(cases[i].name));
		relay_destroy(relay);
		kernel_reap(fixture.kernel);
		assert_false(relay_is(cases[i].name));
	}
	close_chip(chip);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),		cmocka_unit_test(test_all_settings),
		cmocka_unit_test(test_edges),		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_held_by_another), cmocka_unit_test(test_find_chip),
		cmocka_unit_test(test_not_allowed),	cmocka_unit_test(test_look),
		cmocka_unit_test(test_padding),		cmocka_unit_test(test_dht22),
		cmocka_unit_test(test_dht22_faults),	cmocka_unit_test(test_dht22_lost_edges),
		cmocka_unit_test(test_relays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
