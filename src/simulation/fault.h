/*
 * Scheduled faults of a simulated device: what is wrong at a moment is a pure function of that
 * moment, so that the model, the display of the truth and a test agree about it.
 */
#ifndef HARVESTER_SIMULATION_FAULT_H
#define HARVESTER_SIMULATION_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define FAULTS_MAX 16 /* of one device */

/* name, what it is called in a configuration */
#define FAULT_TABLE(X)                                                                             \
	X(NO_ACKNOWLEDGE, "no-acknowledge")                                                        \
	X(STUCK_BUS, "stuck-bus")		/* the device holds its wires low */               \
	X(CHECKSUM, "checksum")			/* a wrong sum behind right values */              \
	X(MISSING_EDGES, "missing-edges")	/* some edges are lost */                          \
	X(UNPLUGGED, "unplugged")		/* no answer; returns as after power-on */         \
	X(ARBITRATION_LOSS, "arbitration-loss") /* another master wins the bus */                  \
	X(TIMEOUT, "timeout")	  /* it stretches the clock without end, or is silent */           \
	X(WRONG_ID, "wrong-id")	  /* another chip's identity */                                    \
	X(ALL_ZEROS, "all-zeros") /* every byte that is read is 0x00 */                            \
	X(ALL_ONES, "all-ones")	  /* every byte that is read is 0xff */                            \
	X(RANDOM_CALIBRATION, "random-calibration")                                                \
	X(TRUNCATED_FRAMES, "truncated-frames") /* each frame lacks its end */                     \
	X(SHIFTED_FRAMES, "shifted-frames")	/* a stray byte within each frame */               \
	X(EXTRA_EDGES, "extra-edges")		/* the line chatters */                            \
	X(IMPLAUSIBLE, "implausible")		/* what cannot be, with a right sum */

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
	uint64_t every_ns;    /* from start to start; 0: once */
};

struct fault_schedule {
	uint64_t epoch_ns; /* when the simulation began, on its clock */
	struct fault faults[FAULTS_MAX];
	size_t count;
};

/* ERROR_INVALID, with a text that lists the kinds. */
int fault_kind_parse(const char *name, enum fault_kind *ret_kind, struct error *err);
const char *fault_kind_name(enum fault_kind kind);

/*
 * ERROR_INVALID where the kind is none that `device` can have (`allowed`: bits 1 << kind), or the
 * times cannot be; ERROR_TOO_LARGE when full.
 */
int fault_schedule_add(struct fault_schedule *schedule, const char *device, unsigned allowed,
		       const struct fault *fault, struct error *err);

/* Is a fault of this kind on at `now_ns` of the simulation's clock? */
bool fault_schedule_active(const struct fault_schedule *schedule, enum fault_kind kind,
			   uint64_t now_ns);

/* How often faults of this kind have begun until `now_ns`: two that differ had one in between. */
uint64_t fault_schedule_begun(const struct fault_schedule *schedule, enum fault_kind kind,
			      uint64_t now_ns);

/* The name of a fault that is on, NULL where all is well. */
const char *fault_schedule_name(const struct fault_schedule *schedule, uint64_t now_ns);

#endif
