#include "simulation/chip/fault.h"

#include <string.h>

#include "base/error.h"

static const char *const kind_names[] = {
#define X(name, text) [FAULT_##name] = text,
	FAULT_TABLE(X)
#undef X
};

#define NAMES_SIZE 256 /* room for the names of all kinds, with commas */

const char *fault_kind_name(enum fault_kind kind)
{
	return kind_names[kind];
}

/* The names of the kinds in `mask`, with commas between them. */
static void list_kinds(unsigned mask, char *ret_text, size_t size)
{
	size_t length = 0;

	ret_text[0] = '\0';
	for (unsigned kind = 0; kind < FAULT_KINDS && length < size; kind++) {
		if (mask & (1u << kind))
			length += (size_t)snprintf(ret_text + length, size - length, "%s%s",
						   length > 0 ? ", " : "", kind_names[kind]);
	}
}

int fault_kind_parse(const char *name, enum fault_kind *ret_kind, struct error *err)
{
	char known[NAMES_SIZE];

	for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
		if (strcmp(kind_names[kind], name) == 0) {
			*ret_kind = (enum fault_kind)kind;
			return 0;
		}
	}
	list_kinds((1u << FAULT_KINDS) - 1, known, sizeof(known));
	return error_set(err, ERROR_INVALID, "unknown kind of fault '%s': use one of %s", name,
			 known);
}

static int check_kind(const char *device, unsigned allowed, enum fault_kind kind, struct error *err)
{
	char fitting[NAMES_SIZE];

	if (allowed & (1u << kind))
		return 0;
	if (allowed == 0)
		return error_set(err, ERROR_INVALID,
				 "%s: the simulation has no faults for this device: remove its "
				 "table from [[hardware.faults]]",
				 device);
	list_kinds(allowed, fitting, sizeof(fitting));
	return error_set(err, ERROR_INVALID,
			 "%s: this device cannot have the fault '%s': use one of %s", device,
			 kind_names[kind], fitting);
}

int fault_schedule_add(struct fault_schedule *schedule, const char *device, unsigned allowed,
		       const struct fault *fault, struct error *err)
{
	int rc = check_kind(device, allowed, fault->kind, err);

	if (rc)
		return rc;
	if (fault->every_ns > 0 &&
	    (fault->duration_ns == 0 || fault->duration_ns >= fault->every_ns))
		return error_set(err, ERROR_INVALID,
				 "%s: a repeated fault needs a duration_seconds above 0 and below "
				 "its every_seconds",
				 device);
	if (schedule->count == FAULTS_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "%s: at most %d faults of one device are possible: remove some "
				 "from [[hardware.faults]]",
				 device, FAULTS_MAX);
	schedule->faults[schedule->count++] = *fault;
	return 0;
}

/* How long ago the fault first began. False before that. */
static bool since_start(const struct fault_schedule *schedule, const struct fault *fault,
			uint64_t now_ns, uint64_t *ret_since_ns)
{
	uint64_t elapsed = now_ns - schedule->epoch_ns;

	if (now_ns < schedule->epoch_ns || elapsed < fault->start_ns)
		return false;
	*ret_since_ns = elapsed - fault->start_ns;
	return true;
}

bool fault_schedule_active(const struct fault_schedule *schedule, enum fault_kind kind,
			   uint64_t now_ns)
{
	for (size_t i = 0; i < schedule->count; i++) {
		const struct fault *fault = &schedule->faults[i];
		uint64_t since;

		if (fault->kind != kind || !since_start(schedule, fault, now_ns, &since))
			continue;
		if (fault->every_ns > 0)
			since %= fault->every_ns;
		if (fault->duration_ns == 0 || since < fault->duration_ns)
			return true;
	}
	return false;
}

uint64_t fault_schedule_begun(const struct fault_schedule *schedule, enum fault_kind kind,
			      uint64_t now_ns)
{
	uint64_t begun = 0;

	for (size_t i = 0; i < schedule->count; i++) {
		const struct fault *fault = &schedule->faults[i];
		uint64_t since;

		if (fault->kind != kind || !since_start(schedule, fault, now_ns, &since))
			continue;
		begun += 1 + (fault->every_ns > 0 ? since / fault->every_ns : 0);
	}
	return begun;
}

const char *fault_schedule_name(const struct fault_schedule *schedule, uint64_t now_ns)
{
	for (size_t i = 0; i < schedule->count; i++) {
		enum fault_kind kind = schedule->faults[i].kind;

		if (fault_schedule_active(schedule, kind, now_ns))
			return kind_names[kind];
	}
	return NULL;
}
