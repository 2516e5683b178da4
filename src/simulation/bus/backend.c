#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "simulation/bus/internal.h"

#define GPIO_LINES_DEFAULT 58
#define NS_PER_S 1000000000u
#define SLICE_NS 10000000u

void sim_spend_bits(struct sim_backend *sim, uint64_t bits, uint32_t speed_hz)
{
	if (sim->wire_time)
		clock_sleep_ns(sim->clock, bits * NS_PER_S / speed_hz);
}

bool sim_wait(struct sim_backend *sim, uint64_t next_ns, uint64_t deadline_ns)
{
	uint64_t now = clock_monotonic_ns(sim->clock);
	uint64_t until = next_ns < deadline_ns ? next_ns : deadline_ns;

	if (now >= deadline_ns)
		return false;
	if (until > now)
		clock_sleep_ns(sim->clock, until - now < SLICE_NS ? until - now : SLICE_NS);
	return true;
}

uint64_t sim_deadline(struct sim_backend *sim, uint64_t timeout_ns)
{
	uint64_t now = clock_monotonic_ns(sim->clock);

	return timeout_ns > UINT64_MAX - now ? UINT64_MAX : now + timeout_ns;
}

static void sim_destroy(struct backend *backend)
{
	struct sim_backend *sim = sim_backend_of(backend);

	sim_chip_destroy(sim->chip);
	sim_i2c_destroy_all(sim);
	sim_spi_destroy_all(sim);
	sim_uart_destroy_all(sim);
	sim_w1_destroy_all(sim);
	free(sim);
}

int sim_backend_create(struct clock *clock, const struct sim_options *options,
		       struct backend **ret_backend, struct error *err)
{
	static const struct backend_ops ops = {
		.open_i2c = sim_i2c_open,
		.open_spi = sim_spi_open,
		.open_gpio = sim_chip_open,
		.open_uart = sim_uart_open,
		.open_w1 = sim_w1_open,
		.destroy = sim_destroy,
	};
	unsigned lines = options && options->gpio_lines ? options->gpio_lines : GPIO_LINES_DEFAULT;
	struct sim_backend *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return error_set(err, ERROR_NO_MEMORY,
				 "the simulated hardware: out of memory; this machine needs more "
				 "free memory");
	sim->base = (struct backend){.ops = &ops, .name = "sim", .simulated = true};
	sim->clock = clock;
	sim->wire_time = options && options->wire_time;
	if (sim_chip_create(sim, lines, &sim->chip)) {
		free(sim);
		return error_set(err, ERROR_NO_MEMORY,
				 "the simulated gpio chip: out of memory; this machine needs more "
				 "free memory");
	}
	*ret_backend = &sim->base;
	return 0;
}
