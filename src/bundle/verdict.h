/*
 * The verdict on a version of a plugin that is on probation: counts its polls, and says when it has
 * passed or failed. What follows from that, and what the disk knows, is probation.h's. Plain
 * memory; one thread at a time.
 */
#ifndef HARVESTER_BUNDLE_VERDICT_H
#define HARVESTER_BUNDLE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

/* Begins as {0}. */
struct bundle_verdict {
	bool works;	 /* the last that was heard of the plugin was a poll that succeeded */
	bool is_watched; /* the version runs, and is on probation */
	bool is_judged;	 /* it has failed */
	size_t usual;	 /* readings of the last poll that succeeded, of any version */
	size_t expected; /* the same, when the probation began */
	size_t seen;	 /* readings since then */
	unsigned left;	 /* polls until it has passed */
	unsigned failed; /* polls that have failed since then */
};

enum bundle_finding {
	BUNDLE_UNDECIDED,
	BUNDLE_PASSES,
	BUNDLE_FAILS,
	BUNDLE_IS_SILENT, /* it fails: it returned no readings, and the version before did */
};

/* A version has started, which has to succeed in so many polls if it is on probation. */
void bundle_verdict_begin(struct bundle_verdict *verdict, bool is_on_probation, unsigned polls);

/* Another version is to run: the polls of the one that runs yet are not its own. */
void bundle_verdict_leave(struct bundle_verdict *verdict);

/* A poll has returned so many readings. Not BUNDLE_FAILS. */
enum bundle_finding bundle_verdict_note_poll(struct bundle_verdict *verdict, size_t readings);

/*
 * A poll has failed; `limit` of them fail the probation. `is_on_probation`: the version that is to
 * run is on probation. It is judged if it is watched, and also if it has not started and the plugin
 * does not work: in the place of a version that did not work, it never was a candidate.
 * BUNDLE_UNDECIDED or BUNDLE_FAILS.
 */
enum bundle_finding bundle_verdict_note_failure(struct bundle_verdict *verdict,
						bool is_on_probation, unsigned limit);

/* The plugin has died or could not be started. Likewise. */
enum bundle_finding bundle_verdict_note_death(struct bundle_verdict *verdict, bool is_on_probation);

#endif
