/*
 * The devices that the configuration names. At boot the node may start before the kernel's drivers
 * have made their device files, and a USB adapter may come hours later: what is missing is opened
 * as soon as it is there.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "capability/internal.h"
#include "config/config.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/w1.h"
#include "hardware/driver/buzzer.h"
#include "hardware/driver/fan.h"
#include "hardware/driver/led_strip.h"
#include "hardware/driver/relay.h"

int capability_create_queue(const struct capability_host *host, struct work_queue **ret_queue,
			    struct error *err)
{
	if (*ret_queue)
		return 0;
	return work_queue_create_shared(host->loop, QUEUE_LIMIT, OWNER_LIMIT, ret_queue, err);
}

static int open_i2c(struct capability_host *host, struct error *err)
{
	int ret = capability_create_queue(host, &host->i2c_queue, err);

	if (ret || host->i2c)
		return ret;
	return backend_open_i2c(host->backend, host->config->hardware.i2c_bus, &host->i2c, err);
}

static int open_gpio(struct capability_host *host, struct error *err)
{
	int ret = capability_create_queue(host, &host->gpio_queue, err);

	return ret || host->gpio ? ret : backend_open_gpio(host->backend, &host->gpio, err);
}

static int open_w1(struct capability_host *host, struct error *err)
{
	const char *root = host->config->hardware.w1_root;
	int ret = capability_create_queue(host, &host->w1_queue, err);

	if (ret || host->w1)
		return ret;
	return backend_open_w1(host->backend, root ? root : W1_ROOT, &host->w1, err);
}

static int open_led_device(struct capability_host *host, struct error *err)
{
	if (host->led_device)
		return 0;
	return backend_open_spi(host->backend, host->config->leds.spi, LED_STRIP_SPI_MODE,
				LED_STRIP_SPEED_HZ, &host->led_device, err);
}

static int open_leds(struct capability_host *host, struct error *err)
{
	const struct config *config = host->config;
	int ret;

	if (!config->leds.count || host->leds)
		return 0;
	ret = capability_create_queue(host, &host->led_queue, err);
	if (!ret)
		ret = open_led_device(host, err);
	if (!ret)
		ret = led_strip_create(host->led_device, host->led_queue, config->leds.count,
				       (uint8_t)config->leds.brightness, &host->leds, err);
	return ret ? error_wrap(err, ret, "LEDs") : 0;
}

/* Without a gpio chip, that one's text says what is missing. */
static int open_relay(struct capability_host *host, const struct relay_config *config, int pin,
		      struct relay **relay, struct error *err)
{
	if (!host->gpio || pin == CONFIG_PIN_NONE || *relay)
		return 0;
	return relay_create(host->gpio, config, host->clock, relay, err);
}

static int open_buzzer(struct capability_host *host, struct error *err)
{
	uint32_t max_on_ms = (uint32_t)(host->config->buzzer.max_on_seconds * 1000.0);
	const struct relay_config config = {
		.pin = (unsigned)host->config->buzzer.gpio_pin,
		.active_low = host->config->buzzer.active_low,
		.max_on_ms = max_on_ms,
	};
	int ret =
		open_relay(host, &config, host->config->buzzer.gpio_pin, &host->buzzer_relay, err);

	if (!ret && host->buzzer_relay && !host->buzzer)
		ret = buzzer_create(host->loop, host->buzzer_relay, max_on_ms, &host->buzzer, err);
	return ret ? error_wrap(err, ret, "buzzer") : 0;
}

static int open_fan(struct capability_host *host, struct error *err)
{
	const struct relay_config config = {
		.pin = (unsigned)host->config->fan.gpio_pin,
		.active_low = host->config->fan.active_low,
		.min_off_ms = (uint64_t)(host->config->fan.min_off_seconds * 1000.0),
	};
	int ret = open_relay(host, &config, host->config->fan.gpio_pin, &host->fan_relay, err);

	if (!ret && host->fan_relay && !host->fan)
		ret = fan_create(host->loop, host->fan_relay, host->config->fan.threshold_on,
				 host->config->fan.threshold_off, &host->fan, err);
	return ret ? error_wrap(err, ret, "fan") : 0;
}

static void note(struct capability_host *host, enum capability_device device, int ret,
		 const struct error *err)
{
	static const char *const names[] = {
		[DEVICE_I2C] = "the i2c bus",	[DEVICE_GPIO] = "the gpio chip",
		[DEVICE_W1] = "the 1-Wire bus", [DEVICE_LEDS] = "the LEDs",
		[DEVICE_BUZZER] = "the buzzer", [DEVICE_FAN] = "the fan",
	};
	char *missing = host->missing[device];

	if (ret) {
		snprintf(missing, ERROR_TEXT_SIZE, "%s", err->text);
		return;
	}
	if (*missing && host->on_found)
		host->on_found(host->found_arg, names[device]);
	*missing = '\0';
}

void capability_devices_open(struct capability_host *host)
{
	static int (*const opens[])(struct capability_host *, struct error *) = {
		[DEVICE_I2C] = open_i2c,   [DEVICE_GPIO] = open_gpio,	  [DEVICE_W1] = open_w1,
		[DEVICE_LEDS] = open_leds, [DEVICE_BUZZER] = open_buzzer, [DEVICE_FAN] = open_fan,
	};

	for (enum capability_device device = 0; device < DEVICES; device++) {
		struct error err = {0};

		note(host, device, opens[device](host, &err), &err);
	}
}

json_t *capability_host_missing(const struct capability_host *host)
{
	json_t *list = json_array();

	for (enum capability_device device = 0; device < DEVICES; device++) {
		if (*host->missing[device])
			json_array_append_new(list, json_string(host->missing[device]));
	}
	return list;
}

void capability_host_watch(struct capability_host *host, capability_host_found *on_found, void *arg)
{
	host->on_found = on_found;
	host->found_arg = arg;
}
