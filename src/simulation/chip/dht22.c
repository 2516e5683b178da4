#include "simulation/chip/dht22.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

#define US 1000u
#define START_MIN_NS (800 * US)
#define REPLY_DELAY_NS (30 * US)
#define PREAMBLE_NS (80 * US)
#define BIT_LOW_NS (50 * US)
#define ZERO_HIGH_NS (27 * US)
#define ONE_HIGH_NS (70 * US)
#define MEASURE_NS 2000000000u

#define SIGN_BIT 0x8000u
#define CHECKSUM_FAULT 0x55u
/* FAULT_MISSING_EDGES drops three pulses in the middle: no decoder can recover them. */
#define LOST_FIRST 30
#define LOST_COUNT 6
/* FAULT_EXTRA_EDGES makes gaps in high phases, far apart. A high phase is between odd and even
 * edges. */
#define EXTRA_FIRST 11
#define EXTRA_STEP 8
#define EXTRA_GAPS 8
#define GAP_NS (5 * US)

void dht22_round(const struct climate *climate, double *ret_temperature, double *ret_humidity)
{
	*ret_temperature = round(fmin(fmax(climate->temperature, -40), 80) * 10) / 10;
	*ret_humidity = round(fmin(fmax(climate->humidity, 0), 100) * 10) / 10;
}

static void encode(const struct climate *climate, uint8_t *ret_frame)
{
	double temperature;
	double humidity;
	unsigned t;
	unsigned h;

	dht22_round(climate, &temperature, &humidity);
	h = (unsigned)lround(humidity * 10);
	t = (unsigned)lround(fabs(temperature) * 10) | (temperature < 0 ? SIGN_BIT : 0);
	ret_frame[0] = (uint8_t)(h >> 8);
	ret_frame[1] = (uint8_t)h;
	ret_frame[2] = (uint8_t)(t >> 8);
	ret_frame[3] = (uint8_t)t;
	ret_frame[4] = (uint8_t)(ret_frame[0] + ret_frame[1] + ret_frame[2] + ret_frame[3]);
}

static void measure(struct dht22_model *dht22, uint64_t now_ns)
{
	struct climate climate;

	if (dht22->has_measured && now_ns - dht22->measured_ns < MEASURE_NS)
		return;
	climate = climate_at(&dht22->source, clock_unix_ms(dht22->clock));
	encode(&climate, dht22->frame);
	dht22->has_measured = true;
	dht22->measured_ns = now_ns;
}

/* Write the changes of the line for one answer. Returns how many. */
static size_t draw_answer(const uint8_t *frame, uint64_t start_ns, struct sim_line_change *changes)
{
	uint64_t at = start_ns;
	size_t n = 0;

	changes[n++] = (struct sim_line_change){at, SIM_LOW};
	changes[n++] = (struct sim_line_change){at += PREAMBLE_NS, SIM_HIGH};
	at += PREAMBLE_NS;
	for (unsigned bit = 0; bit < 40; bit++) {
		bool one = frame[bit / 8] & (0x80u >> bit % 8);

		changes[n++] = (struct sim_line_change){at, SIM_LOW};
		changes[n++] = (struct sim_line_change){at += BIT_LOW_NS, SIM_HIGH};
		at += one ? ONE_HIGH_NS : ZERO_HIGH_NS;
	}
	changes[n++] = (struct sim_line_change){at, SIM_LOW};
	changes[n++] = (struct sim_line_change){at + BIT_LOW_NS, SIM_HIGH};
	return n;
}

static size_t lose_edges(struct sim_line_change *changes, size_t count)
{
	memmove(&changes[LOST_FIRST], &changes[LOST_FIRST + LOST_COUNT],
		(count - LOST_FIRST - LOST_COUNT) * sizeof(changes[0]));
	return count - LOST_COUNT;
}

/* Short gaps within high phases, which last at least 20 us. */
static size_t add_edges(struct sim_line_change *changes, size_t count)
{
	for (size_t i = 0; i < EXTRA_GAPS; i++) {
		size_t at = EXTRA_FIRST + i * EXTRA_STEP;
		uint64_t high_ns = changes[at].at_ns;

		memmove(&changes[at + 3], &changes[at + 1], (count - at - 1) * sizeof(changes[0]));
		changes[at + 1] = (struct sim_line_change){high_ns + GAP_NS, SIM_LOW};
		changes[at + 2] = (struct sim_line_change){high_ns + 2 * GAP_NS, SIM_HIGH};
		count += 2;
	}
	return count;
}

static bool has_fault(const struct dht22_model *dht22, enum fault_kind kind, uint64_t now_ns)
{
	return fault_schedule_active(&dht22->faults, kind, now_ns);
}

/* The five bytes to send. */
static void fill_frame(const struct dht22_model *dht22, uint64_t now_ns, uint8_t *ret_frame)
{
	static const uint8_t implausible[5] = {0x0b, 0xb8, 0x07, 0xd0, 0x9a}; /* 300 %, 200 °C */

	memcpy(ret_frame, dht22->frame, sizeof(dht22->frame));
	if (has_fault(dht22, FAULT_IMPLAUSIBLE, now_ns))
		memcpy(ret_frame, implausible, sizeof(implausible));
	if (has_fault(dht22, FAULT_ALL_ZEROS, now_ns))
		memset(ret_frame, 0, sizeof(dht22->frame));
	if (has_fault(dht22, FAULT_CHECKSUM, now_ns))
		ret_frame[4] ^= CHECKSUM_FAULT;
}

static void answer(struct dht22_model *dht22, uint64_t now_ns)
{
	struct sim_line_change changes[DHT22_EDGES + 2 * EXTRA_GAPS];
	uint8_t frame[5];
	size_t count;

	measure(dht22, now_ns);
	fill_frame(dht22, now_ns, frame);
	count = draw_answer(frame, now_ns + REPLY_DELAY_NS, changes);
	if (has_fault(dht22, FAULT_MISSING_EDGES, now_ns))
		count = lose_edges(changes, count);
	if (has_fault(dht22, FAULT_EXTRA_EDGES, now_ns))
		count = add_edges(changes, count);
	/* When out of memory, stay silent: the host then sees a timeout. */
	(void)sim_line_schedule(dht22->backend, dht22->offset, changes, count, NULL);
}

/* The level of the line while the sensor does not answer. */
static enum sim_level idle_level(const struct dht22_model *dht22, uint64_t now_ns)
{
	if (fault_schedule_active(&dht22->faults, FAULT_STUCK_BUS, now_ns))
		return SIM_LOW;
	/* The pull-up is on the sensor's own board. */
	if (fault_schedule_active(&dht22->faults, FAULT_UNPLUGGED, now_ns))
		return SIM_FLOATING;
	return SIM_HIGH;
}

static void host_changed(struct sim_line_model *model, enum sim_level host, uint64_t now_ns)
{
	struct dht22_model *dht22 = (struct dht22_model *)model;
	bool was_low = dht22->is_low;
	enum sim_level idle = idle_level(dht22, now_ns);

	dht22->is_low = host == SIM_LOW;
	if (dht22->is_low && !was_low)
		dht22->low_since_ns = now_ns;
	sim_line_drive(dht22->backend, dht22->offset, idle);
	if (was_low && !dht22->is_low && idle == SIM_HIGH &&
	    now_ns - dht22->low_since_ns >= START_MIN_NS)
		answer(dht22, now_ns);
}

int dht22_model_init(struct dht22_model *dht22, struct backend *backend, unsigned offset,
		     struct clock *clock, const struct climate_source *source, struct error *err)
{
	static const struct sim_line_model_ops ops = {.on_host_changed = host_changed};
	int rc;

	*dht22 = (struct dht22_model){
		.model = {.ops = &ops},
		.backend = backend,
		.offset = offset,
		.clock = clock,
		.source = *source,
		.faults = {.epoch_ns = clock_monotonic_ns(clock)},
	};
	rc = sim_attach_line(backend, offset, &dht22->model, err);
	if (!rc)
		sim_line_drive(backend, offset, SIM_HIGH);
	return rc;
}
