#include "simulation/chip/ds18b20.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

#define SCRATCHPAD_SIZE 9
#define STEPS_PER_C 16
#define POWER_ON_C 85 /* its value before the first measurement */
#define CHECKSUM_FAULT 0x55

static bool has_fault(const struct ds18b20_model *ds18b20, enum fault_kind kind)
{
	return fault_schedule_active(&ds18b20->faults, kind, clock_monotonic_ns(ds18b20->clock));
}

/* Dallas' CRC-8: polynomial x^8 + x^5 + x^4 + 1, lowest bit first. */
static uint8_t crc_of(const uint8_t *bytes, size_t size)
{
	uint8_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint8_t)(crc >> 1 ^ (crc & 1 ? 0x8c : 0));
	}
	return crc;
}

static void measure(const struct ds18b20_model *ds18b20, uint8_t ret_bytes[SCRATCHPAD_SIZE])
{
	/* Alarms, 12 bits of resolution, and reserved bytes with the values of real sensors. */
	static const uint8_t rest[] = {0x4b, 0x46, 0x7f, 0xff, 0x10, 0x10};
	double celsius = climate_at(&ds18b20->source, clock_unix_ms(ds18b20->clock)).temperature;
	long word;

	if (has_fault(ds18b20, FAULT_IMPLAUSIBLE))
		celsius = POWER_ON_C;
	word = lround(fmin(fmax(celsius, -55), 125) * STEPS_PER_C);
	ret_bytes[0] = (uint8_t)word;
	ret_bytes[1] = (uint8_t)(word >> 8);
	memcpy(ret_bytes + 2, rest, sizeof(rest));
	ret_bytes[6] = (uint8_t)(ret_bytes[6] - (word & 0xf));
	ret_bytes[8] = crc_of(ret_bytes, 8);
	if (has_fault(ds18b20, FAULT_CHECKSUM))
		ret_bytes[8] ^= CHECKSUM_FAULT;
	if (has_fault(ds18b20, FAULT_ALL_ZEROS))
		memset(ret_bytes, 0x00, SCRATCHPAD_SIZE);
	if (has_fault(ds18b20, FAULT_ALL_ONES))
		memset(ret_bytes, 0xff, SCRATCHPAD_SIZE);
}

static bool is_there(struct sim_w1_device *device)
{
	return !has_fault((const struct ds18b20_model *)device, FAULT_UNPLUGGED);
}

/* Write the text like w1_therm.c of Linux. */
static int read_text(struct sim_w1_device *device, char ret_text[W1_TEXT_SIZE])
{
	const struct ds18b20_model *ds18b20 = (const struct ds18b20_model *)device;
	char bytes[3 * SCRATCHPAD_SIZE + 1];
	uint8_t scratchpad[SCRATCHPAD_SIZE];
	uint8_t crc;

	if (has_fault(ds18b20, FAULT_TIMEOUT))
		return ERROR_TIMEOUT;
	measure(ds18b20, scratchpad);
	crc = crc_of(scratchpad, SCRATCHPAD_SIZE - 1);
	for (size_t i = 0; i < SCRATCHPAD_SIZE; i++)
		snprintf(bytes + 3 * i, sizeof(bytes) - 3 * i, "%02x ", scratchpad[i]);
	snprintf(ret_text, W1_TEXT_SIZE, "%s: crc=%02x %s\n%st=%d\n", bytes, crc,
		 crc == scratchpad[8] ? "YES" : "NO", bytes,
		 (int16_t)(scratchpad[0] | scratchpad[1] << 8) * 1000 / STEPS_PER_C);
	return 0;
}

void ds18b20_model_init(struct ds18b20_model *ds18b20, struct clock *clock,
			const struct climate_source *source)
{
	static const struct sim_w1_device_ops ops = {.is_there = is_there, .read = read_text};

	*ds18b20 = (struct ds18b20_model){
		.device = {.ops = &ops},
		.clock = clock,
		.source = *source,
		.faults = {.epoch_ns = clock_monotonic_ns(clock)},
	};
}
