#include "base/clock.h"

#include <errno.h>
#include <time.h>

#define NS_PER_S 1000000000u

static uint64_t read_clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t system_monotonic_ns(struct clock *clock)
{
	(void)clock;
	return read_clock_ns(CLOCK_MONOTONIC);
}

static uint64_t boot_monotonic_ns(struct clock *clock)
{
	(void)clock;
	return read_clock_ns(CLOCK_BOOTTIME);
}

static uint64_t system_unix_ms(struct clock *clock)
{
	(void)clock;
	return read_clock_ns(CLOCK_REALTIME) / 1000000;
}

static void system_sleep_ns(struct clock *clock, uint64_t duration_ns)
{
	struct timespec left = {
		.tv_sec = (time_t)(duration_ns / NS_PER_S),
		.tv_nsec = (long)(duration_ns % NS_PER_S),
	};

	(void)clock;
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
		;
}

struct clock *clock_system(void)
{
	static const struct clock_ops ops = {
		.monotonic_ns = system_monotonic_ns,
		.unix_ms = system_unix_ms,
		.sleep_ns = system_sleep_ns,
	};
	static struct clock clock = {.ops = &ops};

	return &clock;
}

struct clock *clock_boot(void)
{
	static const struct clock_ops ops = {
		.monotonic_ns = boot_monotonic_ns,
		.unix_ms = system_unix_ms,
		.sleep_ns = system_sleep_ns,
	};
	static struct clock clock = {.ops = &ops};

	return &clock;
}

static uint64_t manual_monotonic_ns(struct clock *clock)
{
	return atomic_load(&((struct clock_manual *)clock)->now_ns);
}

static uint64_t manual_unix_ms(struct clock *clock)
{
	struct clock_manual *manual = (struct clock_manual *)clock;

	return manual->unix_offset_ms + atomic_load(&manual->now_ns) / 1000000;
}

static void manual_sleep_ns(struct clock *clock, uint64_t duration_ns)
{
	clock_manual_advance_ns((struct clock_manual *)clock, duration_ns);
}

void clock_manual_init(struct clock_manual *clock, uint64_t unix_offset_ms)
{
	static const struct clock_ops ops = {
		.monotonic_ns = manual_monotonic_ns,
		.unix_ms = manual_unix_ms,
		.sleep_ns = manual_sleep_ns,
	};

	clock->base.ops = &ops;
	atomic_init(&clock->now_ns, 0);
	clock->unix_offset_ms = unix_offset_ms;
}

void clock_manual_advance_ns(struct clock_manual *clock, uint64_t duration_ns)
{
	atomic_fetch_add(&clock->now_ns, duration_ns);
}
