#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "capability/internal.h"
#include "hardware/bus/gpio.h"
#include "hardware/bus/i2c.h"
#include "hardware/driver/bme680.h"
#include "hardware/driver/dht22.h"
#include "hardware/driver/system_info.h"

#define BME680_FIRST_ADDRESS 0x76
#define BME680_LAST_ADDRESS 0x77

struct dht22_job {
	struct capability_job job;
	struct dht22 *sensor;
	struct dht22_reading reading;
};

static int run_dht22(struct capability_job *job, struct error *err)
{
	struct dht22_job *self = (struct dht22_job *)job;

	return dht22_read(self->sensor, &self->reading, err);
}

static cbor_item_t *answer_dht22(struct capability_job *job)
{
	struct dht22_job *self = (struct dht22_job *)job;

	if (job->result)
		return capability_failure(job);
	return value_ok(value_array(2, value_f32((float)self->reading.temperature_c),
				    value_f32((float)self->reading.humidity_percent)));
}

static bool is_simulated(const struct capability_host *host)
{
	return host->gpio && host->gpio->simulated;
}

/* Prefer the kernel's driver: if it is bound, nobody else can request the line, and it loses no
 * edges. */
static int create_dht22(struct capability_host *host, unsigned pin, struct error *err)
{
	struct dht22 **sensor = &host->dht22[pin];

	if (!is_simulated(host) &&
	    !dht22_create_iio(host->system_root, pin, host->clock, sensor, NULL))
		return 0;
	if (!host->gpio)
		return error_set(err, ERROR_NOT_FOUND, "%s", host->missing[DEVICE_GPIO]);
	return dht22_create(host->gpio, pin, host->clock, sensor, err);
}

static int read_dht22(struct capability_call *call, const cbor_item_t *args)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);
	struct dht22_job *job;
	struct error err;
	uint64_t pin;

	if (value_get_unsigned(args, 0, UINT8_MAX, &pin))
		return ERROR_MALFORMED;
	/* The host pulls the line low to ask, and the sensor answers on it. */
	if (permission_gpio_direction(client->permission, (unsigned)pin) != PERMISSION_IN_OUT) {
		capability_deny_gpio(call, pin, PERMISSION_IN_OUT);
		return capability_reply_denied(call);
	}
	if (!host->dht22[pin] && create_dht22(host, (unsigned)pin, &err))
		return capability_reply_failure(call, err.text);
	client->touched_simulated |= is_simulated(host);
	job = calloc(1, sizeof(*job));
	if (!job)
		return ERROR_NO_MEMORY;
	job->job.run = run_dht22;
	job->job.answer = answer_dht22;
	job->sensor = host->dht22[pin];
	return capability_submit(call, host->gpio_queue, &job->job);
}

struct bme680_job {
	struct capability_job job;
	struct bme680 *sensor;
	struct bme680_reading reading;
};

static int run_bme680(struct capability_job *job, struct error *err)
{
	struct bme680_job *self = (struct bme680_job *)job;

	return bme680_read(self->sensor, &self->reading, err);
}

static cbor_item_t *answer_bme680(struct capability_job *job)
{
	struct bme680_job *self = (struct bme680_job *)job;

	if (job->result)
		return capability_failure(job);
	return value_ok(value_array(4, value_f32((float)self->reading.temperature_c),
				    value_f32((float)self->reading.humidity_percent),
				    value_f32((float)self->reading.pressure_hpa),
				    value_f32((float)self->reading.gas_kohm)));
}

static int read_bme680(struct capability_call *call, const cbor_item_t *args)
{
	struct capability_client *client = capability_call_client(call);
	struct capability_host *host = capability_call_host(call);
	struct bme680 **sensor;
	struct bme680_job *job;
	struct error err;
	uint64_t address;

	if (value_get_unsigned(args, 0, UINT8_MAX, &address))
		return ERROR_MALFORMED;
	if (!permission_has_i2c(client->permission, (uint16_t)address)) {
		capability_deny_i2c(call, address);
		return capability_reply_denied(call);
	}
	if (address < BME680_FIRST_ADDRESS || address > BME680_LAST_ADDRESS)
		return capability_reply_failure(
			call, "i2c-addr: expected the address of a BME680, 0x76 or 0x77");
	if (!host->i2c)
		return capability_reply_failure(call, host->missing[DEVICE_I2C]);
	sensor = &host->bme680[address - BME680_FIRST_ADDRESS];
	if (!*sensor && bme680_create(host->i2c, (uint16_t)address, host->clock, sensor, &err))
		return capability_reply_failure(call, err.text);
	client->touched_simulated |= host->i2c->simulated;
	job = calloc(1, sizeof(*job));
	if (!job)
		return ERROR_NO_MEMORY;
	job->job.run = run_bme680;
	job->job.answer = answer_bme680;
	job->sensor = *sensor;
	return capability_submit(call, host->i2c_queue, &job->job);
}

static int get_timestamp_ms(struct capability_call *call, const cbor_item_t *args)
{
	(void)args;
	return capability_reply(call,
				value_unsigned(clock_unix_ms(capability_call_host(call)->clock)));
}

/* The WIT type has no error: NaN says that there is no such sensor. */
static int get_cpu_temp(struct capability_call *call, const cbor_item_t *args)
{
	struct error err = {0};
	double temperature_c;

	(void)args;
	if (system_info_cpu_temperature(capability_call_host(call)->system, &temperature_c, &err))
		return capability_reply_absent(call, err.text);
	return capability_reply(call, value_f32((float)temperature_c));
}

static const struct capability_function functions[] = {
	{"read-dht22", 1, read_dht22, "func(pin: u8) -> result<tuple<f32, f32>, string>"},
	{"get-timestamp-ms", 0, get_timestamp_ms, "func() -> u64"},
	{"get-cpu-temp", 0, get_cpu_temp, "func() -> f32"},
	{"read-bme680", 1, read_bme680,
	 "func(i2c-addr: u8) -> result<tuple<f32, f32, f32, f32>, string>"},
	{0},
};

const struct capability_interface capability_gpio_provider = {"gpio-provider", functions};
