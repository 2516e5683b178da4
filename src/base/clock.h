/*
 * Time, injected: the core asks a struct clock, never the system, so that it runs on simulated
 * time. The functions of a clock may be called from any thread.
 */
#ifndef HARVESTER_BASE_CLOCK_H
#define HARVESTER_BASE_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct clock;

struct clock_ops {
	uint64_t (*monotonic_ns)(
		struct clock *clock);		  /* never steps back; the epoch is arbitrary */
	uint64_t (*unix_ms)(struct clock *clock); /* may step either way */
	void (*sleep_ns)(struct clock *clock, uint64_t duration_ns);
};

struct clock {
	const struct clock_ops *ops;
};

/* The machine's own clock. Static, never freed. */
struct clock *clock_system(void);

static inline uint64_t clock_monotonic_ns(struct clock *clock)
{
	return clock->ops->monotonic_ns(clock);
}

static inline uint64_t clock_unix_ms(struct clock *clock)
{
	return clock->ops->unix_ms(clock);
}

/* Blocks the calling thread: only for threads of the pool, never on the loop. */
static inline void clock_sleep_ns(struct clock *clock, uint64_t duration_ns)
{
	clock->ops->sleep_ns(clock, duration_ns);
}

/* A clock that stands still until it is told; a sleep on it moves it on and returns at once. */
struct clock_manual {
	struct clock base;
	_Atomic uint64_t now_ns;
	uint64_t unix_offset_ms; /* Unix time at now_ns = 0 */
};

void clock_manual_init(struct clock_manual *clock, uint64_t unix_offset_ms);
void clock_manual_advance_ns(struct clock_manual *clock, uint64_t duration_ns);

#endif
