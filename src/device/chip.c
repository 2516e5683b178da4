#include "device/chip.h"

#include "base/clock.h"
#include "base/error.h"

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

int chip_start(struct chip *chip, bool *ret_lost)
{
	uint64_t now = clock_monotonic_ns(chip->clock);
	uint64_t unplugged = fault_schedule_begun(&chip->faults, FAULT_UNPLUGGED, now);

	*ret_lost = unplugged != chip->unplugged;
	chip->unplugged = unplugged;
	if (fault_schedule_active(&chip->faults, FAULT_UNPLUGGED, now) ||
	    fault_schedule_active(&chip->faults, FAULT_NO_ACKNOWLEDGE, now))
		return ERROR_NO_ACKNOWLEDGE;
	return 0;
}

bool chip_holds_bus(struct sim_i2c_device *device)
{
	const struct chip *chip = (const struct chip *)device;

	return fault_schedule_active(&chip->faults, FAULT_STUCK_BUS,
				     clock_monotonic_ns(chip->clock));
}
