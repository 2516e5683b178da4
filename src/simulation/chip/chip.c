#include "simulation/chip/chip.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

void chip_init(struct chip *chip, const struct sim_i2c_device_ops *ops, struct clock *clock)
{
	*chip = (struct chip){.device = {.ops = ops}, .clock = clock};
	chip->faults.epoch_ns = clock_monotonic_ns(clock);
	pthread_mutex_init(&chip->lock, NULL);
}

void chip_finish(struct chip *chip)
{
	pthread_mutex_destroy(&chip->lock);
}

bool chip_has_fault(const struct chip *chip, enum fault_kind kind)
{
	return fault_schedule_active(&chip->faults, kind, clock_monotonic_ns(chip->clock));
}

int chip_start(struct chip *chip, bool *ret_lost)
{
	uint64_t unplugged = fault_schedule_begun(&chip->faults, FAULT_UNPLUGGED,
						  clock_monotonic_ns(chip->clock));

	*ret_lost = unplugged != chip->unplugged;
	chip->unplugged = unplugged;
	if (chip_has_fault(chip, FAULT_ARBITRATION_LOSS))
		return ERROR_ARBITRATION_LOST;
	if (chip_has_fault(chip, FAULT_TIMEOUT))
		return ERROR_TIMEOUT;
	if (chip_has_fault(chip, FAULT_UNPLUGGED) || chip_has_fault(chip, FAULT_NO_ACKNOWLEDGE))
		return ERROR_NO_ACKNOWLEDGE;
	return 0;
}

void chip_spoil(const struct chip *chip, uint8_t *data, size_t size)
{
	if (chip_has_fault(chip, FAULT_ALL_ZEROS))
		memset(data, 0x00, size);
	else if (chip_has_fault(chip, FAULT_ALL_ONES))
		memset(data, 0xff, size);
}

uint8_t chip_random_byte(uint8_t address)
{
	struct random random;

	random_init(&random, address);
	return (uint8_t)random_u64(&random);
}

bool chip_holds_bus(struct sim_i2c_device *device)
{
	return chip_has_fault((const struct chip *)device, FAULT_STUCK_BUS);
}
