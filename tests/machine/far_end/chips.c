#include "chips.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/bus/uart.h"
#include "simulation/internal.h"

#define BUS 1
#define EDGES_KEPT 1024
#define PORTS 2
#define WORD_SIZE 32

struct chips {
	pthread_mutex_t lock;
	struct world *world;
	struct climate climate;
	struct i2c_bus *bus;
	struct gpio_chip *gpio;
	struct gpio_line *lines[CHIPS_LINES]; /* NULL: free */
	struct uart_port *ports[PORTS];
};

static void climate_of_test(void *arg, uint64_t unix_ms, struct climate *ret_climate)
{
	const struct chips *chips = arg;

	(void)unix_ms;
	*ret_climate = chips->climate;
}

static int create_world(struct chips *chips, struct error *err)
{
	const struct climate_source climate = {climate_of_test, chips};
	static const char *const extra[] = {"bme280", "pms5003", "sds011", "button", "pca9685"};
	const struct world_config config = {
		.seed = 7,
		.i2c_bus = BUS,
		.bme680_address = 0x77,
		.dht22_pin = 4,
		.buzzer_pin = 17,
		.buzzer_active_low = true,
		.fan_pin = 27,
		.extra = extra,
		.extra_count = sizeof(extra) / sizeof(extra[0]),
		.climate = &climate,
	};

	chips->climate = (struct climate){21.5, 48, 101325, 120000, 300, 12};
	return world_create(&config, clock_system(), &chips->world, err);
}

static int open_all(struct chips *chips, struct error *err)
{
	int rc = create_world(chips, err);
	struct backend *backend = rc ? NULL : world_backend(chips->world);

	if (!rc)
		rc = backend_open_i2c(backend, BUS, &chips->bus, err);
	if (!rc)
		rc = backend_open_gpio(backend, &chips->gpio, err);
	if (!rc)
		rc = backend_open_uart(backend, WORLD_PMS5003_UART, 9600,
				       &chips->ports[CHIPS_PMS5003], err);
	if (!rc)
		rc = backend_open_uart(backend, WORLD_SDS011_UART, 9600,
				       &chips->ports[CHIPS_SDS011], err);
	return rc;
}

struct chips *chips_create(void)
{
	struct chips *chips = calloc(1, sizeof(*chips));
	struct error err;

	if (!chips)
		return NULL;
	pthread_mutex_init(&chips->lock, NULL);
	if (!open_all(chips, &err))
		return chips;
	fprintf(stderr, "far-end: %s\n", err.text);
	return NULL;
}

bool chips_transfer(struct chips *chips, uint16_t address, bool read, uint8_t *data, size_t size)
{
	struct i2c_message message = {.address = address,
				      .flags = read ? I2C_MESSAGE_READ : 0,
				      .size = (uint16_t)size,
				      .data = data};
	int rc;

	if (size > I2C_MESSAGE_SIZE_MAX)
		return false;
	pthread_mutex_lock(&chips->lock);
	rc = i2c_bus_transfer(chips->bus, &message, 1, NULL);
	pthread_mutex_unlock(&chips->lock);
	return rc == 0;
}

static int hold(struct chips *chips, unsigned number, const struct gpio_line_config *config)
{
	if (chips->lines[number])
		return gpio_line_configure(chips->lines[number], config, NULL);
	return gpio_chip_request(chips->gpio, number, config, &chips->lines[number], NULL);
}

bool chips_line_configure(struct chips *chips, unsigned line, unsigned direction, bool value)
{
	bool is_output = direction == CHIPS_LINE_OUTPUT;
	const struct gpio_line_config config = {
		.direction = is_output ? GPIO_OUTPUT : GPIO_INPUT,
		.bias = GPIO_BIAS_PULL_UP,
		.edges = is_output ? GPIO_EDGES_NONE : GPIO_EDGES_BOTH,
		.value = is_output && value,
		.event_buffer_size = EDGES_KEPT,
	};
	int rc = 0;

	if (line >= CHIPS_LINES || direction > CHIPS_LINE_INPUT)
		return false;
	pthread_mutex_lock(&chips->lock);
	if (direction != CHIPS_LINE_FREE) {
		rc = hold(chips, line, &config);
	} else {
		gpio_line_release(chips->lines[line]);
		chips->lines[line] = NULL;
	}
	pthread_mutex_unlock(&chips->lock);
	return rc == 0;
}

bool chips_line_get(struct chips *chips, unsigned line)
{
	bool value = false;

	pthread_mutex_lock(&chips->lock);
	if (line < CHIPS_LINES && chips->lines[line])
		gpio_line_get(chips->lines[line], &value, NULL);
	pthread_mutex_unlock(&chips->lock);
	return value;
}

bool chips_line_take_edge(struct chips *chips, unsigned line, bool *ret_rising)
{
	struct gpio_edge edge;
	size_t count = 0;

	pthread_mutex_lock(&chips->lock);
	if (line < CHIPS_LINES && chips->lines[line] &&
	    gpio_line_read_edges(chips->lines[line], &edge, 1, 0, &count, NULL))
		count = 0;
	pthread_mutex_unlock(&chips->lock);
	if (count == 0)
		return false;
	*ret_rising = edge.rising;
	return true;
}

size_t chips_port_read(struct chips *chips, unsigned port, uint8_t *ret_data, size_t max)
{
	size_t count = 0;

	pthread_mutex_lock(&chips->lock);
	if (port < PORTS)
		uart_port_read(chips->ports[port], ret_data, max, 0, &count, NULL);
	pthread_mutex_unlock(&chips->lock);
	return count;
}

void chips_port_write(struct chips *chips, unsigned port, const uint8_t *data, size_t size)
{
	size_t count;

	pthread_mutex_lock(&chips->lock);
	if (port < PORTS)
		uart_port_write(chips->ports[port], data, size, &count, NULL);
	pthread_mutex_unlock(&chips->lock);
}

/* Commands. Each is called with the lock held. */

static json_t *refuse(const char *what, const char *word)
{
	return json_pack("{s:o}", "error", json_sprintf("%s: '%s'", what, word));
}

static json_t *done(void)
{
	return json_pack("{s:b}", "done", 1);
}

static json_t *set_climate(struct chips *chips, const char *quantity, const char *number)
{
	struct climate *climate = &chips->climate;
	const struct {
		const char *name;
		double *value;
	} quantities[] = {
		{"temperature", &climate->temperature},
		{"humidity", &climate->humidity},
		{"pressure", &climate->pressure},
		{"gas_resistance", &climate->gas_resistance},
		{"light", &climate->light},
		{"dust", &climate->dust},
	};

	for (size_t i = 0; i < sizeof(quantities) / sizeof(quantities[0]); i++) {
		if (strcmp(quantities[i].name, quantity) != 0)
			continue;
		*quantities[i].value = strtod(number, NULL);
		return done();
	}
	return refuse("no such quantity", quantity);
}

static struct world_device *find_device(struct chips *chips, const char *name)
{
	for (unsigned i = 0; i < WORLD_DEVICES; i++) {
		struct world_device *device = &chips->world->devices[i];

		if (device->present && device->faults && strcmp(device->name, name) == 0)
			return device;
	}
	return NULL;
}

static json_t *add_fault(struct chips *chips, const char *name, const char *kind)
{
	struct world_device *device = find_device(chips, name);
	struct fault fault = {0};
	struct error err;

	if (!device)
		return refuse("no device that can have faults", name);
	fault.start_ns = clock_monotonic_ns(clock_system()) - device->faults->epoch_ns;
	if (fault_kind_parse(kind, &fault.kind, &err) ||
	    fault_schedule_add(device->faults, name, device->allowed, &fault, &err))
		return refuse("no fault", err.text);
	return done();
}

/* The faults end now but are kept, since a model counts those that have begun. */
static json_t *mend(struct chips *chips, const char *name)
{
	struct world_device *device = find_device(chips, name);
	uint64_t now;

	if (!device)
		return refuse("no device that can have faults", name);
	now = clock_monotonic_ns(clock_system()) - device->faults->epoch_ns;
	for (size_t i = 0; i < device->faults->count; i++) {
		struct fault *fault = &device->faults->faults[i];

		if (fault->duration_ns == 0)
			fault->duration_ns = now - fault->start_ns;
	}
	return done();
}

static json_t *drive(struct chips *chips, const char *number, const char *level)
{
	unsigned long line = strtoul(number, NULL, 10);
	enum sim_level to = SIM_FLOATING;

	if (line >= CHIPS_LINES)
		return refuse("no such line", number);
	if (strcmp(level, "float") != 0)
		to = strcmp(level, "high") == 0 ? SIM_HIGH : SIM_LOW;
	sim_line_drive(world_backend(chips->world), (unsigned)line, to);
	return done();
}

static json_t *carry_out(struct chips *chips, const char *command)
{
	char verb[WORD_SIZE] = "", first[WORD_SIZE] = "", second[WORD_SIZE] = "";

	sscanf(command, "%31s %31s %31s", verb, first, second);
	if (strcmp(verb, "truth") == 0)
		return world_to_json(chips->world);
	if (strcmp(verb, "set") == 0)
		return set_climate(chips, first, second);
	if (strcmp(verb, "fault") == 0)
		return add_fault(chips, first, second);
	if (strcmp(verb, "mend") == 0)
		return mend(chips, first);
	if (strcmp(verb, "drive") == 0)
		return drive(chips, first, second);
	return refuse("no such command", verb);
}

char *chips_command(struct chips *chips, const char *command)
{
	json_t *answer;
	char *text;

	pthread_mutex_lock(&chips->lock);
	answer = carry_out(chips, command);
	pthread_mutex_unlock(&chips->lock);
	text = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	return text;
}

void chips_text_free(char *text)
{
	free(text);
}
