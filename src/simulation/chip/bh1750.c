#include "simulation/chip/bh1750.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

/* Instructions (data sheet, "Instruction Set Architecture"). */
#define POWER_DOWN 0x00
#define POWER_ON 0x01
#define RESET 0x07
#define MEASURE_CONTINUOUS 0x10
#define MEASURE_ONE_SHOT 0x20
#define RESOLUTION 0x0f
#define RESOLUTION_HIGH 0x00
#define RESOLUTION_HIGH_2 0x01
#define RESOLUTION_LOW 0x03
#define TIME_HIGH_BITS 0x40 /* 01000_xxx */
#define TIME_LOW_BITS 0x60  /* 011_xxxxx */

#define TIME_DEFAULT 69
#define TIME_MIN 31
#define TIME_MAX 254
#define HIGH_NS 120000000u
#define LOW_NS 16000000u
#define COUNTS_PER_LUX 1.2
#define NS_PER_MS 1000000u

static void power_on(struct bh1750_model *bh1750)
{
	bh1750->mode = BH1750_DOWN;
	bh1750->time_register = TIME_DEFAULT;
	bh1750->result = 0;
}

static uint16_t count_light(const struct bh1750_model *bh1750, uint64_t age_ns)
{
	uint64_t unix_ms = clock_unix_ms(bh1750->chip.clock) - age_ns / NS_PER_MS;
	double counts = climate_at(&bh1750->source, unix_ms).light * bh1750->counts_per_lux;

	return (uint16_t)lround(fmin(fmax(counts, 0), UINT16_MAX));
}

/* Update the result to that of the last measurement that has ended by now_ns. */
static void catch_up(struct bh1750_model *bh1750, uint64_t now_ns)
{
	uint64_t elapsed = now_ns - bh1750->started_ns;

	if (bh1750->mode != BH1750_CONTINUOUS && bh1750->mode != BH1750_ONE_SHOT)
		return;
	if (elapsed < bh1750->period_ns)
		return;
	if (bh1750->mode == BH1750_ONE_SHOT) {
		bh1750->result = count_light(bh1750, elapsed - bh1750->period_ns);
		bh1750->mode = BH1750_DOWN;
		return;
	}
	bh1750->result = count_light(bh1750, elapsed % bh1750->period_ns);
	bh1750->started_ns = now_ns - elapsed % bh1750->period_ns;
}

/* Two instructions set the register; in between its value may be out of range, even 0. */
static uint8_t clamp_time(uint8_t value)
{
	if (value < TIME_MIN)
		return TIME_MIN;
	return value > TIME_MAX ? TIME_MAX : value;
}

static void start_measurement(struct bh1750_model *bh1750, enum bh1750_mode mode,
			      unsigned resolution, uint64_t now_ns)
{
	double scale = clamp_time(bh1750->time_register) / (double)TIME_DEFAULT;

	if (resolution != RESOLUTION_HIGH && resolution != RESOLUTION_HIGH_2 &&
	    resolution != RESOLUTION_LOW)
		return;
	bh1750->mode = mode;
	bh1750->started_ns = now_ns;
	bh1750->period_ns = (uint64_t)((resolution == RESOLUTION_LOW ? LOW_NS : HIGH_NS) * scale);
	bh1750->counts_per_lux = COUNTS_PER_LUX * scale * (resolution == RESOLUTION_HIGH_2 ? 2 : 1);
}

static void set_time(struct bh1750_model *bh1750, unsigned kept, unsigned bits)
{
	bh1750->time_register = (uint8_t)((bh1750->time_register & kept) | bits);
}

static void instruct(struct bh1750_model *bh1750, uint8_t code, uint64_t now_ns)
{
	if (code == POWER_DOWN) {
		bh1750->mode = BH1750_DOWN;
	} else if (code == POWER_ON) {
		bh1750->mode = BH1750_IDLE;
	} else if (code == RESET) {
		if (bh1750->mode !=
		    BH1750_DOWN) /* in power-down the chip ignores it (data sheet) */
			bh1750->result = 0;
	} else if ((code & 0xf8) == TIME_HIGH_BITS) {
		set_time(bh1750, 0x1f, (code & 0x07u) << 5);
	} else if ((code & 0xe0) == TIME_LOW_BITS) {
		set_time(bh1750, 0xe0, code & 0x1fu);
		bh1750->time_register = clamp_time(bh1750->time_register);
	} else if ((code & 0xf0) == MEASURE_CONTINUOUS) {
		start_measurement(bh1750, BH1750_CONTINUOUS, code & RESOLUTION, now_ns);
	} else if ((code & 0xf0) == MEASURE_ONE_SHOT) {
		start_measurement(bh1750, BH1750_ONE_SHOT, code & RESOLUTION, now_ns);
	}
}

static int start(struct sim_i2c_device *device, bool read)
{
	struct bh1750_model *bh1750 = (struct bh1750_model *)device;
	bool lost;
	int rc;

	(void)read;
	pthread_mutex_lock(&bh1750->chip.lock);
	rc = chip_start(&bh1750->chip, &lost);
	if (lost)
		power_on(bh1750);
	if (!rc)
		catch_up(bh1750, clock_monotonic_ns(bh1750->chip.clock));
	pthread_mutex_unlock(&bh1750->chip.lock);
	return rc;
}

static int write_message(struct sim_i2c_device *device, const uint8_t *data, size_t size)
{
	struct bh1750_model *bh1750 = (struct bh1750_model *)device;
	uint64_t now = clock_monotonic_ns(bh1750->chip.clock);

	pthread_mutex_lock(&bh1750->chip.lock);
	for (size_t i = 0; i < size; i++)
		instruct(bh1750, data[i], now);
	pthread_mutex_unlock(&bh1750->chip.lock);
	return 0;
}

/* Two bytes, the high one first; further bytes read as an idle bus. */
static int read_message(struct sim_i2c_device *device, uint8_t *ret_data, size_t size)
{
	struct bh1750_model *bh1750 = (struct bh1750_model *)device;

	pthread_mutex_lock(&bh1750->chip.lock);
	for (size_t i = 0; i < size; i++)
		ret_data[i] = (uint8_t)(i > 1 ? 0xff : bh1750->result >> (i == 0 ? 8 : 0));
	chip_spoil(&bh1750->chip, ret_data, size);
	pthread_mutex_unlock(&bh1750->chip.lock);
	return 0;
}

void bh1750_model_init(struct bh1750_model *bh1750, struct clock *clock,
		       const struct climate_source *source)
{
	static const struct sim_i2c_device_ops ops = {
		.start = start,
		.write = write_message,
		.read = read_message,
		.holds_bus = chip_holds_bus,
	};

	memset(bh1750, 0, sizeof(*bh1750));
	chip_init(&bh1750->chip, &ops, clock);
	bh1750->source = *source;
	power_on(bh1750);
}

void bh1750_model_finish(struct bh1750_model *bh1750)
{
	chip_finish(&bh1750->chip);
}
