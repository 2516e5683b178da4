/*
 * The faults of a simulated device, and when they happen. Which faults are active is a pure
 * function of the time, so the model, the displayed truth and a test always agree.
 */
#ifndef HARVESTER_SIMULATION_FAULT_H
#define HARVESTER_SIMULATION_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define FAULTS_MAX 16 /* of one device */

/* X(constant, name in the configuration) */
#define FAULT_TABLE(X)                                                                             \
	X(NO_ACKNOWLEDGE, "no-acknowledge")                                                        \
	X(STUCK_BUS, "stuck-bus")		/* the device holds its wires low */               \
	X(CHECKSUM, "checksum")			/* right values, wrong checksum */                 \
	X(MISSING_EDGES, "missing-edges")	/* some edges are lost */                          \
	X(UNPLUGGED, "unplugged")		/* no answer; restarts when plugged in */          \
	X(ARBITRATION_LOSS, "arbitration-loss") /* another master wins the bus */                  \
	X(TIMEOUT, "timeout")			/* stretches the clock for ever, or is silent */   \
	X(WRONG_ID, "wrong-id")			/* another chip's identity */                      \
	X(ALL_ZEROS, "all-zeros")		/* every byte that is read is 0x00 */              \
	X(ALL_ONES, "all-ones")			/* every byte that is read is 0xff */              \
	X(RANDOM_CALIBRATION, "random-calibration")                                                \
	X(TRUNCATED_FRAMES, "truncated-frames") /* each frame lacks its end */                     \
	X(SHIFTED_FRAMES, "shifted-frames")	/* a stray byte within each frame */               \
	X(EXTRA_EDGES, "extra-edges")		/* the line chatters */                            \
	X(IMPLAUSIBLE, "implausible")		/* impossible values, right checksum */

enum fault_kind {
#define X(name, text) FAULT_##name,
	FAULT_TABLE(X)
#undef X
		FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	uint64_t start_ns;    /* since the simulation began */
	uint64_t duration_ns; /* 0: for ever */
	uint64_t every_ns;    /* from one start to the next; 0: happens once */
};

struct fault_schedule {
	uint64_t epoch_ns; /* when the simulation began, on its clock */
	struct fault faults[FAULTS_MAX];
	size_t count;
};

/* ERROR_INVALID if there is no such kind, with a text that lists them. */
int fault_kind_parse(const char *name, enum fault_kind *ret_kind, struct error *err);
const char *fault_kind_name(enum fault_kind kind);

/*
 * Add a copy of `fault`. ERROR_INVALID if the device cannot have this kind (`allowed` has bit
 * 1 << kind for each that it can have), or if a repeated fault lasts as long as its period;
 * ERROR_TOO_LARGE beyond FAULTS_MAX. `device` is its name, for the text.
 */
int fault_schedule_add(struct fault_schedule *schedule, const char *device, unsigned allowed,
		       const struct fault *fault, struct error *err);

/* Is a fault of this kind active at `now_ns` of the simulation's clock? */
bool fault_schedule_active(const struct fault_schedule *schedule, enum fault_kind kind,
			   uint64_t now_ns);

/* How often faults of this kind have begun until `now_ns`. If two results differ, one began
 * between. */
uint64_t fault_schedule_begun(const struct fault_schedule *schedule, enum fault_kind kind,
			      uint64_t now_ns);

/* The name of an active fault; NULL if there is none. */
const char *fault_schedule_name(const struct fault_schedule *schedule, uint64_t now_ns);

#endif
