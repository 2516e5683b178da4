#include "capability/host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/aligned_timer.h"
#include "base/work_queue.h"
#include "capability/internal.h"
#include "config/config.h"
#include "hardware/bus/backend.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/bus/spi.h"
#include "hardware/bus/uart.h"
#include "hardware/bus/w1.h"
#include "hardware/driver/bme680.h"
#include "hardware/driver/buzzer.h"
#include "hardware/driver/dht22.h"
#include "hardware/driver/fan.h"
#include "hardware/driver/led_strip.h"
#include "hardware/driver/relay.h"
#include "hardware/driver/system_info.h"

#define DEVICES_MS 2000
#define JOBS_CHECK_MS 1000

/*
 * Open what is missing, cool the CPU whatever plugins do, and limit the buzzer's on-time in case
 * its own timer fails.
 */
static void on_devices_timer(uv_timer_t *timer)
{
	struct capability_host *host = timer->data;
	double temperature_c = NAN;
	uint64_t left_ms;

	aligned_timer_start(timer, on_devices_timer, DEVICES_MS);
	capability_devices_open(host);
	system_info_cpu_temperature(host->system, &temperature_c, NULL);
	/* Errors are ignored: the next turn tries again. */
	if (host->fan)
		fan_update(host->fan, temperature_c, NULL);
	if (host->buzzer_relay)
		relay_check(host->buzzer_relay, &left_ms, NULL);
}

static void on_jobs_timer(uv_timer_t *timer)
{
	aligned_timer_start(timer, on_jobs_timer, JOBS_CHECK_MS);
	capability_jobs_check(timer->data, uv_hrtime());
}

int capability_host_create(uv_loop_t *loop, const struct config *config, struct backend *backend,
			   struct clock *clock, const char *system_root,
			   struct capability_host **ret_host, struct error *err)
{
	struct capability_host *host = calloc(1, sizeof(*host));

	if (!host || system_info_create(system_root, &host->system, NULL)) {
		free(host);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the devices for plugins; this "
				 "machine needs more free memory");
	}
	host->loop = loop;
	host->config = config;
	host->backend = backend;
	host->clock = clock;
	host->system_root = system_root;
	TAILQ_INIT(&host->jobs);
	uv_timer_init(loop, &host->devices_timer);
	host->devices_timer.data = host;
	on_devices_timer(&host->devices_timer);
	uv_unref((uv_handle_t *)&host->devices_timer);
	uv_timer_init(loop, &host->jobs_timer);
	host->jobs_timer.data = host;
	aligned_timer_start(&host->jobs_timer, on_jobs_timer, JOBS_CHECK_MS);
	uv_unref((uv_handle_t *)&host->jobs_timer);
	*ret_host = host;
	return 0;
}

int capability_host_keep_state(struct capability_host *host, struct capability_state_store *store,
			       struct error *err)
{
	int ret = capability_create_queue(host, &host->state_queue, err);

	if (!ret)
		host->state = store;
	return ret;
}

/* Nothing uses a bus any more. Destroy the devices before their buses. */
static void destroy(struct capability_host *host)
{
	led_strip_destroy(host->leds);
	relay_destroy(host->buzzer_relay);
	relay_destroy(host->fan_relay);
	for (size_t i = 0; i < sizeof(host->dht22) / sizeof(host->dht22[0]); i++)
		dht22_destroy(host->dht22[i]);
	for (size_t i = 0; i < sizeof(host->bme680) / sizeof(host->bme680[0]); i++)
		bme680_destroy(host->bme680[i]);
	for (size_t i = 0; i < host->spis_count; i++)
		spi_device_close(host->spis[i].spi);
	for (size_t i = 0; i < host->uarts_count; i++)
		uart_port_close(host->uarts[i].uart);
	if (host->led_device)
		spi_device_close(host->led_device);
	gpio_chip_close(host->gpio);
	i2c_bus_close(host->i2c);
	w1_bus_close(host->w1);
	system_info_destroy(host->system);
}

void capability_host_part_closed(void *arg)
{
	struct capability_host *host = arg;

	if (--host->parts || !host->is_closing)
		return;
	destroy(host);
	if (host->on_closed)
		host->on_closed(host->closed_arg);
	free(host);
}

static void close_queue(struct capability_host *host, struct work_queue *queue)
{
	if (!queue)
		return;
	host->parts++;
	work_queue_close(queue, capability_host_part_closed, host);
}

static void on_timer_closed(uv_handle_t *handle)
{
	capability_host_part_closed(handle->data);
}

void capability_host_close(struct capability_host *host, capability_host_closed *on_closed,
			   void *arg)
{
	if (!host)
		return;
	host->is_closing = true;
	host->on_closed = on_closed;
	host->closed_arg = arg;
	host->parts += 2;
	uv_close((uv_handle_t *)&host->devices_timer, on_timer_closed);
	uv_close((uv_handle_t *)&host->jobs_timer, on_timer_closed);
	if (host->buzzer) {
		host->parts++;
		buzzer_close(host->buzzer, capability_host_part_closed, host);
	}
	if (host->fan) {
		host->parts++;
		fan_close(host->fan, capability_host_part_closed, host);
	}
	capability_laters_end(host);
	capability_gpio_close(host);
	for (size_t i = 0; i < host->spis_count; i++)
		close_queue(host, host->spis[i].queue);
	for (size_t i = 0; i < host->uarts_count; i++)
		close_queue(host, host->uarts[i].queue);
	close_queue(host, host->state_queue);
	close_queue(host, host->led_queue);
	close_queue(host, host->gpio_queue);
	close_queue(host, host->i2c_queue);
	close_queue(host, host->w1_queue);
}

struct buzzer *capability_host_buzzer(struct capability_host *host)
{
	return host->buzzer;
}

struct fan *capability_host_fan(struct capability_host *host)
{
	return host->fan;
}

void capability_host_watch_outputs(struct capability_host *host, capability_host_output *on_output,
				   void *arg)
{
	host->on_output = on_output;
	host->output_arg = arg;
}

void capability_output(struct capability_host *host, const char *plugin, int led, uint32_t color)
{
	if (host->on_output)
		host->on_output(host->output_arg, plugin, led, color);
}

struct led_strip *capability_host_leds(struct capability_host *host)
{
	return host->leds;
}

json_t *capability_host_queues(const struct capability_host *host)
{
	const struct {
		const char *name;
		const struct work_queue *queue;
	} queues[] = {
		{"i2c", host->i2c_queue},  {"gpio", host->gpio_queue},	 {"w1", host->w1_queue},
		{"leds", host->led_queue}, {"state", host->state_queue},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues); i++) {
		const struct work_queue *queue = queues[i].queue;

		if (!queue)
			continue;
		json_array_append_new(list,
				      json_pack("{s:s, s:I, s:I}", "queue", queues[i].name,
						"length", (json_int_t)work_queue_length(queue),
						"refused", (json_int_t)work_queue_refused(queue)));
	}
	return list;
}

struct capability_port *capability_find_port(struct capability_host *host, enum bus_kind kind,
					     struct capability_port *ports, size_t count,
					     const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (backend_is_same(host->backend, kind, ports[i].name, name))
			return &ports[i];
	}
	return NULL;
}

struct backend *capability_host_backend(const struct capability_host *host)
{
	return host->backend;
}
