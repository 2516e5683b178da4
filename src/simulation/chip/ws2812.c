#include "simulation/chip/ws2812.h"

#include <string.h>

#include "base/clock.h"

#define PS_PER_S 1000000000000u
#define PS_PER_NS 1000u
#define RESET_PS (280u * 1000000u)
/* Data sheet: T0H 400 ns, T1H 800 ns, each +-150; the threshold of real LEDs is in between. */
#define ZERO_MIN_PS (250u * PS_PER_NS)
#define ONE_MIN_PS (600u * PS_PER_NS)
#define ONE_MAX_PS (950u * PS_PER_NS)
#define BITS_PER_LED 24

/* Each LED keeps the first 24 bits and passes on the rest. */
static void take_bit(struct ws2812_model *strip, bool bit)
{
	strip->word = strip->word << 1 | bit;
	if (++strip->word_bits < BITS_PER_LED)
		return;
	if (strip->taken_count < strip->count)
		strip->taken[strip->taken_count++] = (struct ws2812_color){
			.green = (uint8_t)(strip->word >> 16),
			.red = (uint8_t)(strip->word >> 8),
			.blue = (uint8_t)strip->word,
		};
	strip->word_bits = 0;
}

static void latch(struct ws2812_model *strip)
{
	memcpy(strip->shown, strip->taken, strip->taken_count * sizeof(strip->shown[0]));
	strip->taken_count = 0;
	strip->word_bits = 0;
}

/* The line has fallen after it was high for run_ps. */
static void end_pulse(struct ws2812_model *strip)
{
	if (strip->run_ps < ZERO_MIN_PS || strip->run_ps > ONE_MAX_PS)
		strip->malformed++;
	take_bit(strip, strip->run_ps >= ONE_MIN_PS);
}

static void pass(struct ws2812_model *strip, bool level, uint64_t duration_ps)
{
	if (level != strip->level) {
		if (strip->level)
			end_pulse(strip);
		strip->level = level;
		strip->run_ps = 0;
	}
	strip->run_ps += duration_ps;
	if (!level && strip->run_ps >= RESET_PS)
		latch(strip);
}

/* Between transfers the line stays low (mode 0, after a last low bit). */
static void pass_idle_time(struct ws2812_model *strip, uint64_t now_ns)
{
	uint64_t idle_ns = now_ns - strip->idle_since_ns;

	if (now_ns <= strip->idle_since_ns)
		return;
	strip->idle_since_ns = now_ns;
	if (idle_ns >= RESET_PS / PS_PER_NS)
		idle_ns = RESET_PS / PS_PER_NS;
	pass(strip, false, idle_ns * PS_PER_NS);
}

/* An unplugged strip is dark, and stays dark when power returns. False while it is unplugged. */
static bool check_power(struct ws2812_model *strip, uint64_t now_ns)
{
	uint64_t unplugged = fault_schedule_begun(&strip->faults, FAULT_UNPLUGGED, now_ns);

	if (unplugged != strip->unplugged) {
		strip->unplugged = unplugged;
		memset(strip->shown, 0, sizeof(strip->shown));
		strip->taken_count = 0;
		strip->word_bits = 0;
	}
	return !fault_schedule_active(&strip->faults, FAULT_UNPLUGGED, now_ns);
}

static int transfer(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
		    const uint8_t *out, uint8_t *ret_in, size_t size)
{
	struct ws2812_model *strip = (struct ws2812_model *)device;
	uint64_t bit_ps = PS_PER_S / speed_hz;
	uint64_t now = clock_monotonic_ns(strip->clock);

	(void)mode;
	(void)ret_in; /* nothing drives MISO */
	pthread_mutex_lock(&strip->lock);
	pass_idle_time(strip, now);
	if (check_power(strip, now)) {
		for (size_t i = 0; i < size * 8; i++)
			pass(strip, out[i / 8] & (0x80u >> i % 8), bit_ps);
	}
	/* The transfer took its time on the wire, even if the bus did not sleep that long. */
	strip->idle_since_ns = now + size * 8 * bit_ps / PS_PER_NS;
	pthread_mutex_unlock(&strip->lock);
	return 0;
}

void ws2812_model_init(struct ws2812_model *strip, unsigned count, struct clock *clock)
{
	static const struct sim_spi_device_ops ops = {.transfer = transfer};
	uint64_t now = clock_monotonic_ns(clock);

	memset(strip, 0, sizeof(*strip));
	strip->device.ops = &ops;
	strip->clock = clock;
	strip->count = count < WS2812_LEDS_MAX ? count : WS2812_LEDS_MAX;
	strip->faults.epoch_ns = now;
	strip->idle_since_ns = now;
	pthread_mutex_init(&strip->lock, NULL);
}

void ws2812_model_finish(struct ws2812_model *strip)
{
	pthread_mutex_destroy(&strip->lock);
}

void ws2812_model_look(struct ws2812_model *strip, struct ws2812_color *ret_colors,
		       uint64_t *ret_malformed)
{
	uint64_t now = clock_monotonic_ns(strip->clock);

	pthread_mutex_lock(&strip->lock);
	pass_idle_time(strip, now);
	(void)check_power(strip, now);
	memcpy(ret_colors, strip->shown, strip->count * sizeof(ret_colors[0]));
	if (ret_malformed)
		*ret_malformed = strip->malformed;
	pthread_mutex_unlock(&strip->lock);
}
