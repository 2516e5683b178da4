#include "hardware/driver/buzzer.h"

#include <stdlib.h>

#include "base/error.h"
#include "hardware/driver/relay.h"

/* How long to wait before trying again to switch off a relay that returned an error. */
#define RETRY_MS 100

struct buzzer {
	uv_timer_t timer;
	struct relay *relay; /* borrowed */
	uint32_t max_on_ms;
	uint32_t left;		/* beeps to come after the one that sounds */
	uint32_t on_ms, off_ms; /* of each beep */
	uint32_t budget_ms;	/* how long this pattern may still sound */
	uint64_t cut_count;
	buzzer_closed *on_closed;
	void *closed_arg;
};

int buzzer_create(uv_loop_t *loop, struct relay *relay, uint32_t max_on_ms,
		  struct buzzer **ret_buzzer, struct error *err)
{
	struct buzzer *buzzer;

	if (!max_on_ms)
		return error_set(err, ERROR_INVALID,
				 "the longest sound of a buzzer cannot be 0 ms: set max_on_seconds "
				 "under [buzzer] to 0.1 or more");
	buzzer = calloc(1, sizeof(*buzzer));
	if (!buzzer)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the buzzer; this machine needs more "
				 "free memory");
	buzzer->relay = relay;
	buzzer->max_on_ms = max_on_ms;
	uv_timer_init(loop, &buzzer->timer);
	buzzer->timer.data = buzzer;
	*ret_buzzer = buzzer;
	return 0;
}

static void on_timer(uv_timer_t *timer);

static void wait_ms(struct buzzer *buzzer, uint32_t duration_ms)
{
	/* After a long turn the loop's time is old, and a beep would be too short. */
	uv_update_time(buzzer->timer.loop);
	uv_timer_start(&buzzer->timer, on_timer, duration_ms, 0);
}

static int begin_beep(struct buzzer *buzzer, struct error *err)
{
	uint32_t on_ms = buzzer->on_ms < buzzer->budget_ms ? buzzer->on_ms : buzzer->budget_ms;
	int ret = relay_set(buzzer->relay, true, err);

	if (ret) {
		buzzer->left = 0;
		buzzer->cut_count++;
		return ret;
	}
	buzzer->left--;
	buzzer->budget_ms -= on_ms;
	if (on_ms < buzzer->on_ms || (!buzzer->budget_ms && buzzer->left)) {
		buzzer->left = 0;
		buzzer->cut_count++;
	}
	wait_ms(buzzer, on_ms);
	return 0;
}

static void on_timer(uv_timer_t *timer)
{
	struct buzzer *buzzer = timer->data;

	if (!relay_is_on(buzzer->relay)) {
		if (buzzer->left)
			begin_beep(buzzer, NULL);
		return;
	}
	if (relay_set(buzzer->relay, false, NULL))
		wait_ms(buzzer, RETRY_MS);
	else if (buzzer->left)
		wait_ms(buzzer, buzzer->off_ms);
}

int buzzer_play(struct buzzer *buzzer, uint32_t count, uint32_t on_ms, uint32_t off_ms,
		struct error *err)
{
	int ret = buzzer_stop(buzzer, err);

	if (ret || !count || !on_ms)
		return ret;
	buzzer->left = count;
	buzzer->on_ms = on_ms;
	buzzer->off_ms = off_ms < BUZZER_OFF_MS_MAX ? off_ms : BUZZER_OFF_MS_MAX;
	buzzer->budget_ms = buzzer->max_on_ms;
	return begin_beep(buzzer, err);
}

int buzzer_stop(struct buzzer *buzzer, struct error *err)
{
	int ret;

	buzzer->left = 0;
	uv_timer_stop(&buzzer->timer);
	ret = relay_set(buzzer->relay, false, err);
	if (ret)
		wait_ms(buzzer, RETRY_MS);
	return ret;
}

bool buzzer_is_playing(const struct buzzer *buzzer)
{
	return uv_is_active((const uv_handle_t *)&buzzer->timer);
}

uint64_t buzzer_cut_count(const struct buzzer *buzzer)
{
	return buzzer->cut_count;
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct buzzer *buzzer = handle->data;

	if (buzzer->on_closed)
		buzzer->on_closed(buzzer->closed_arg);
	free(buzzer);
}

void buzzer_close(struct buzzer *buzzer, buzzer_closed *on_closed, void *arg)
{
	if (!buzzer)
		return;
	buzzer_stop(buzzer, NULL);
	buzzer->on_closed = on_closed;
	buzzer->closed_arg = arg;
	uv_close((uv_handle_t *)&buzzer->timer, on_handle_closed);
}
