/* A granted serial port, "serial0", with a device on it that sends nothing. */
#ifndef HARVESTER_TESTS_UNIT_CAPABILITY_SERIAL_H
#define HARVESTER_TESTS_UNIT_CAPABILITY_SERIAL_H

#include "fixture.h"
#include "simulation/bus/sim.h"

static inline size_t serial_read_nothing(struct sim_uart_device *device, uint32_t baud,
					 uint64_t now_ns, uint8_t *ret_data, size_t max)
{
	(void)device, (void)baud, (void)now_ns, (void)ret_data, (void)max;
	return 0;
}

/* `device` and its ops belong to the caller, who sets what else than read() the device does. */
static inline int serial_setup(void **state, struct sim_uart_device *device)
{
	int ret = fixture_setup(state);
	struct fixture *f = *state;

	permission_init(&f->permission);
	f->permission.uart_count = 1;
	snprintf(f->permission.uart[0], sizeof(f->permission.uart[0]), "serial0");
	assert_int_equal(sim_attach_uart(world_backend(f->world), "serial0", device, &f->err), 0);
	return ret;
}

#endif
