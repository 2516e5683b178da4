#include "simulation/chip/button.h"

#include "base/clock.h"
#include "base/random.h"

#define US 1000u
#define MS 1000000u
#define SLOT_NS (2000ull * MS) /* the button is pressed once in each slot */
#define DELAY_MAX_NS (800 * MS)
#define HELD_MIN_NS (150 * MS)
#define HELD_MORE_NS (450 * MS)
#define CHANGES 6 /* of one press: down, up, down (bouncing), then up, down, up */
#define LOST_CHANGE 1
#define CHATTER_NS (1 * MS)

struct press {
	uint64_t start_ns; /* since the simulation began */
	uint64_t end_ns;
};

/* A pure function of the slot, so that the line and button_model_look() agree. */
static struct press press_of(const struct button_model *button, uint64_t slot)
{
	struct random random;
	struct press press;

	random_init(&random, button->seed ^ slot);
	press.start_ns = slot * SLOT_NS + random_u64(&random) % DELAY_MAX_NS;
	press.end_ns = press.start_ns + HELD_MIN_NS + random_u64(&random) % HELD_MORE_NS;
	return press;
}

static struct sim_line_change change_of(const struct press *press, unsigned index)
{
	const uint64_t at[CHANGES] = {
		press->start_ns, press->start_ns + 300 * US, press->start_ns + 700 * US,
		press->end_ns,	 press->end_ns + 400 * US,   press->end_ns + 900 * US,
	};
	bool down = index == 0 || index == 2 || index == 4;

	return (struct sim_line_change){at[index], down ? SIM_LOW : SIM_FLOATING};
}

static bool has_fault(const struct button_model *button, enum fault_kind kind, uint64_t at_ns)
{
	return fault_schedule_active(&button->faults, kind, at_ns);
}

static struct sim_line_change chatter(uint64_t after_ns)
{
	uint64_t tick = after_ns / CHATTER_NS + 1;

	return (struct sim_line_change){tick * CHATTER_NS, tick % 2 ? SIM_LOW : SIM_FLOATING};
}

/* The first change after after_ns (since the simulation began), and its index within its press. */
static struct sim_line_change find_change(const struct button_model *button, uint64_t after_ns,
					  unsigned *ret_index)
{
	for (uint64_t slot = after_ns / SLOT_NS;; slot++) {
		struct press press = press_of(button, slot);

		for (unsigned i = 0; i < CHANGES; i++) {
			struct sim_line_change change = change_of(&press, i);

			if (change.at_ns > after_ns) {
				*ret_index = i;
				return change;
			}
		}
	}
}

static bool next(struct sim_line_model *model, uint64_t after_ns,
		 struct sim_line_change *ret_change, bool *ret_lost)
{
	const struct button_model *button = (const struct button_model *)model;
	uint64_t epoch = button->faults.epoch_ns;
	struct sim_line_change change;
	unsigned index = 0;

	if (after_ns < epoch)
		after_ns = epoch;
	if (has_fault(button, FAULT_EXTRA_EDGES, after_ns)) {
		change = chatter(after_ns);
	} else {
		change = find_change(button, after_ns - epoch, &index);
		change.at_ns += epoch;
	}
	if (has_fault(button, FAULT_STUCK_BUS, change.at_ns))
		change.level = SIM_LOW;
	*ret_lost = index == LOST_CHANGE && has_fault(button, FAULT_MISSING_EDGES, change.at_ns);
	*ret_change = change;
	return true;
}

static void host_changed(struct sim_line_model *model, enum sim_level host, uint64_t now_ns)
{
	(void)model;
	(void)host;
	(void)now_ns;
}

int button_model_init(struct button_model *button, struct backend *backend, unsigned offset,
		      uint64_t seed, struct clock *clock, struct error *err)
{
	static const struct sim_line_model_ops ops = {.on_host_changed = host_changed,
						      .next = next};

	*button = (struct button_model){
		.model = {.ops = &ops},
		.clock = clock,
		.seed = seed,
		.faults = {.epoch_ns = clock_monotonic_ns(clock)},
	};
	return sim_attach_line(backend, offset, &button->model, err);
}

void button_model_look(const struct button_model *button, struct button_truth *ret_truth)
{
	uint64_t elapsed = clock_monotonic_ns(button->clock) - button->faults.epoch_ns;
	uint64_t slot = elapsed / SLOT_NS;
	struct press press = press_of(button, slot);

	ret_truth->presses = slot + (elapsed >= press.start_ns);
	ret_truth->pressed = elapsed >= press.start_ns && elapsed < press.end_ns;
}
