#include "simulation/chip/relay.h"

#include "base/clock.h"

static void switch_to(struct relay_model *relay, bool on, uint64_t now_ns)
{
	if (on == relay->on)
		return;
	relay->on = on;
	if (on) {
		relay->switched++;
		relay->on_since_ns = now_ns;
	} else {
		relay->on_ns += now_ns - relay->on_since_ns;
	}
}

static void host_changed(struct sim_line_model *model, enum sim_level host, uint64_t now_ns)
{
	struct relay_model *relay = (struct relay_model *)model;

	pthread_mutex_lock(&relay->lock);
	switch_to(relay, host == (relay->active_low ? SIM_LOW : SIM_HIGH), now_ns);
	pthread_mutex_unlock(&relay->lock);
}

int relay_model_init(struct relay_model *relay, struct backend *backend, unsigned offset,
		     bool active_low, struct clock *clock, struct error *err)
{
	static const struct sim_line_model_ops ops = {.on_host_changed = host_changed};
	int rc;

	*relay = (struct relay_model){
		.model = {.ops = &ops}, .clock = clock, .active_low = active_low};
	rc = sim_attach_line(backend, offset, &relay->model, err);
	if (!rc)
		pthread_mutex_init(&relay->lock, NULL);
	return rc;
}

void relay_model_finish(struct relay_model *relay)
{
	pthread_mutex_destroy(&relay->lock);
}

void relay_model_look(struct relay_model *relay, struct relay_truth *ret_truth)
{
	uint64_t now = clock_monotonic_ns(relay->clock);
	uint64_t on_ns;

	pthread_mutex_lock(&relay->lock);
	on_ns = relay->on_ns;
	/* Another thread may have switched it after `now`. */
	if (relay->on && now > relay->on_since_ns)
		on_ns += now - relay->on_since_ns;
	*ret_truth = (struct relay_truth){
		.on = relay->on,
		.switched = relay->switched,
		.on_seconds = (double)on_ns / 1e9,
	};
	pthread_mutex_unlock(&relay->lock);
}
