/*
 * A clock that code receives from its caller, so that tests and the simulation can supply their own
 * time. Any thread.
 */
#ifndef HARVESTER_BASE_CLOCK_H
#define HARVESTER_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct clock;

struct clock_ops {
	uint64_t (*monotonic_ns)(struct clock *clock); /* never goes back; starts anywhere */
	uint64_t (*unix_ms)(struct clock *clock);      /* wall clock; somebody may set it */
	void (*sleep_ns)(struct clock *clock, uint64_t duration_ns);
};

struct clock {
	const struct clock_ops *ops;
};

/* The clock of this machine. Static memory: never free it. */
struct clock *clock_system(void);

/* The same, but its monotonic time goes on while the machine sleeps (CLOCK_BOOTTIME). */
struct clock *clock_boot(void);

static inline uint64_t clock_monotonic_ns(struct clock *clock)
{
	return clock->ops->monotonic_ns(clock);
}

static inline uint64_t clock_unix_ms(struct clock *clock)
{
	return clock->ops->unix_ms(clock);
}

/* Blocks: never call it on the loop thread. */
static inline void clock_sleep_ns(struct clock *clock, uint64_t duration_ns)
{
	clock->ops->sleep_ns(clock, duration_ns);
}

/* A clock for tests: only clock_manual_advance_ns() and sleeps move it. A sleep returns at once. */
struct clock_manual {
	struct clock base;
	_Atomic uint64_t now_ns;
	uint64_t unix_offset_ms; /* Unix time at now_ns = 0 */
};

void clock_manual_init(struct clock_manual *clock, uint64_t unix_offset_ms);
void clock_manual_advance_ns(struct clock_manual *clock, uint64_t duration_ns);

#endif
