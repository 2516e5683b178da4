#include "simulation/chip/mcp3008.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

#define BITS 10
#define MAX 1023
#define SINGLE 0x8 /* one of the four bits after the start bit; the others are the channel */
#define CONFIGURATION_BITS 4

double mcp3008_volts(const struct climate *climate, unsigned channel)
{
	switch (channel) {
	case 0:
		return 0.5 + 0.01 * climate->temperature;
	case 1:
		return 0.1 + 0.002 * climate->light;
	case 2:
		return 0.5 + 0.02 * climate->humidity;
	case 3:
		return 0.02 * climate->pressure / 1000;
	case 4:
		return MCP3008_REFERENCE_V / 2;
	default:
		return MCP3008_REFERENCE_V / 4;
	}
}

/* `configuration`: the four bits. A pair measures IN+ against IN-; the lowest bit swaps them. */
static unsigned convert(const struct mcp3008_model *mcp3008, unsigned configuration)
{
	struct climate climate = climate_at(&mcp3008->source, clock_unix_ms(mcp3008->clock));
	unsigned channel = configuration & 7;
	double volts = mcp3008_volts(&climate, channel);

	if (!(configuration & SINGLE))
		volts -= mcp3008_volts(&climate, channel ^ 1);
	return (unsigned)fmin(fmax(volts / MCP3008_REFERENCE_V * (MAX + 1), 0), MAX);
}

static bool get_bit(const uint8_t *bytes, size_t at)
{
	return bytes[at / 8] & (0x80u >> at % 8);
}

static void set_bit(uint8_t *bytes, size_t at)
{
	bytes[at / 8] |= (uint8_t)(0x80u >> at % 8);
}

/* Bit `at` of the answer: a 0, the word from its highest bit, then again from its lowest. */
static void answer(unsigned word, size_t at, size_t end, uint8_t *ret_in)
{
	for (size_t i = 0; i < 2 * BITS - 1 && at + 1 + i < end; i++) {
		size_t bit = i < BITS ? BITS - 1 - i : i - (BITS - 1);

		if (word >> bit & 1)
			set_bit(ret_in, at + 1 + i);
	}
}

static bool has_fault(const struct mcp3008_model *mcp3008, enum fault_kind kind)
{
	return fault_schedule_active(&mcp3008->faults, kind, clock_monotonic_ns(mcp3008->clock));
}

static int transfer(struct sim_spi_device *device, uint8_t mode, uint32_t speed_hz,
		    const uint8_t *out, uint8_t *ret_in, size_t size)
{
	struct mcp3008_model *mcp3008 = (struct mcp3008_model *)device;
	size_t at = 0, end = size * 8;
	unsigned configuration = 0;

	(void)speed_hz;
	memset(ret_in, 0, size);
	while (at < end && !get_bit(out, at))
		at++;
	at++;
	/* In modes 1 and 2 the chip would sample its input at the edge where it changes its output.
	 */
	if (mode == 0 || mode == 3) {
		for (size_t i = 0; i < CONFIGURATION_BITS && at < end; i++, at++)
			configuration = configuration << 1 | get_bit(out, at);
		/* Sampling takes one more clock. */
		answer(has_fault(mcp3008, FAULT_IMPLAUSIBLE) ? MAX
							     : convert(mcp3008, configuration),
		       at + 1, end, ret_in);
	}
	/* Nothing drives the wire, and the host pulls it up. */
	if (has_fault(mcp3008, FAULT_ALL_ONES) || has_fault(mcp3008, FAULT_UNPLUGGED))
		memset(ret_in, 0xff, size);
	else if (has_fault(mcp3008, FAULT_ALL_ZEROS))
		memset(ret_in, 0x00, size);
	return 0;
}

void mcp3008_model_init(struct mcp3008_model *mcp3008, struct clock *clock,
			const struct climate_source *source)
{
	static const struct sim_spi_device_ops ops = {.transfer = transfer};

	*mcp3008 = (struct mcp3008_model){
		.device = {.ops = &ops},
		.clock = clock,
		.source = *source,
		.faults = {.epoch_ns = clock_monotonic_ns(clock)},
	};
}
