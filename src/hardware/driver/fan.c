#include "hardware/driver/fan.h"

#include <stdlib.h>

#include "base/error.h"
#include "hardware/driver/relay.h"

struct fan {
	uv_timer_t timer;    /* runs during a test */
	struct relay *relay; /* borrowed */
	double threshold_on, threshold_off;
	bool hot;	  /* the CPU is hot, by the hysteresis */
	bool wanted;	  /* a plugin or a person switched it on */
	bool demanded;	  /* by an alert */
	unsigned changes; /* of `wanted`, since the last update */
	fan_closed *on_closed;
	void *closed_arg;
};

int fan_create(uv_loop_t *loop, struct relay *relay, double threshold_on, double threshold_off,
	       struct fan **ret_fan, struct error *err)
{
	struct fan *fan;

	/* Negated, so that a NaN fails too. */
	if (!(threshold_off < threshold_on))
		return error_set(err, ERROR_INVALID,
				 "[fan]: threshold_off (%g) must be less than threshold_on (%g)",
				 threshold_off, threshold_on);
	fan = calloc(1, sizeof(*fan));
	if (!fan)
		return error_set(
			err, ERROR_NO_MEMORY,
			"out of memory while opening the fan; this machine needs more free memory");
	fan->relay = relay;
	fan->threshold_on = threshold_on;
	fan->threshold_off = threshold_off;
	uv_timer_init(loop, &fan->timer);
	fan->timer.data = fan;
	*ret_fan = fan;
	return 0;
}

static int apply(struct fan *fan, struct error *err)
{
	return relay_set(fan->relay,
			 fan->hot || fan->wanted || fan->demanded || fan_is_testing(fan), err);
}

int fan_update(struct fan *fan, double temperature_c, struct error *err)
{
	if (temperature_c >= fan->threshold_on)
		fan->hot = true;
	else if (temperature_c <= fan->threshold_off)
		fan->hot = false;
	fan->changes = 0;
	return apply(fan, err);
}

int fan_set(struct fan *fan, bool on, struct error *err)
{
	fan->changes += on != fan->wanted;
	fan->wanted = on;
	if (fan->changes > FAN_CHANGES_MAX)
		return error_set(err, ERROR_BUSY,
				 "fan: the plugins switched it more than %d times within two "
				 "seconds: switch it less often",
				 FAN_CHANGES_MAX);
	return apply(fan, err);
}

int fan_demand(struct fan *fan, bool on, struct error *err)
{
	fan->demanded = on;
	return apply(fan, err);
}

static void on_test_over(uv_timer_t *timer)
{
	/* The next fan_update() tries again after an error. */
	apply(timer->data, NULL);
}

int fan_test(struct fan *fan, uint32_t duration_ms, struct error *err)
{
	if (duration_ms > FAN_TEST_MS_MAX)
		duration_ms = FAN_TEST_MS_MAX;
	uv_update_time(fan->timer.loop);
	uv_timer_start(&fan->timer, on_test_over, duration_ms, 0);
	return apply(fan, err);
}

bool fan_is_on(const struct fan *fan)
{
	return relay_is_on(fan->relay);
}

bool fan_is_testing(const struct fan *fan)
{
	return uv_is_active((const uv_handle_t *)&fan->timer);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct fan *fan = handle->data;

	if (fan->on_closed)
		fan->on_closed(fan->closed_arg);
	free(fan);
}

void fan_close(struct fan *fan, fan_closed *on_closed, void *arg)
{
	if (!fan)
		return;
	relay_set(fan->relay, false, NULL);
	fan->on_closed = on_closed;
	fan->closed_arg = arg;
	uv_close((uv_handle_t *)&fan->timer, on_handle_closed);
}
