/*
 * The inside of the updater: updater.c (life, asking, reporting), updater_desired.c (which desired
 * states the node accepts), updater_file.c (what it remembers), updater_fetch.c (the bundle on its
 * way), updater_act.c (what follows from all that).
 */
#ifndef HARVESTER_ROLLOUT_NODE_INTERNAL_H
#define HARVESTER_ROLLOUT_NODE_INTERNAL_H

#include <limits.h>

#include "base/error.h"
#include "rollout/node/updater.h"
#include "rollout/rollout.h"
#include "store/document.h"

/* The newest desired state of one plugin. */
struct rollout_want {
	char name[PLUGIN_NAME_SIZE];
	char version[BUNDLE_VERSION_MAX + 1];
	char digest[BUNDLE_DIGEST_SIZE];
	char *signature; /* owned; NULL: none */
	uint64_t number, size;
	bool is_undo;
	enum rollout_progress progress; /* ROLLOUT_OFFERED: nothing was done yet */
	char reason[ROLLOUT_REASON_SIZE];
	bool is_withdrawn;  /* the hub's last answer does not have it any more */
	bool is_stored;	    /* the number is on the disk, so the node may act */
	unsigned revision;  /* of the progress */
	unsigned reported;  /* the revision that the hub has; differs: it is to be reported */
	unsigned reporting; /* the revision in the request that is running */
};

struct rollout_updater {
	struct rollout_updater_config config;
	struct document *document; /* owned; NULL once closed */
	char folder[PATH_MAX];	   /* DATA/updates */
	uint64_t seen;		   /* the greatest number of the whole desired state */
	struct rollout_want wants[ROLLOUT_PLUGINS_MAX];
	size_t count;
	json_t *refusals; /* owned: reports of refused desired states, for the next request */
	uint64_t told;	  /* the number of the last one that the log has */
	uint64_t refused;

	struct http_exchange *asking; /* borrowed; NULL: no question is running */
	char *question;		      /* owned: its body */
	bool has_refusals;	      /* it reports refusals */
	bool ask_again;
	json_t *plugins; /* owned: what the hub has heard of this node's plugins */

	bool has_failed;	   /* the hub did not send a bundle: wait for its next hello */
	struct rollout_want *busy; /* being fetched, installed or undone; NULL: none */
	char busy_digest[BUNDLE_DIGEST_SIZE]; /* of it when that began: it may be replaced */
	uint64_t busy_number;
	uint64_t offset;		/* bytes of the bundle that are on the disk */
	struct http_exchange *fetching; /* borrowed */
	uv_timer_t again;		/* asks for the same part after a pause */
};

struct rollout_want *rollout_updater_find(struct rollout_updater *updater, const char *name);

/* updater.c: note a new progress, and report it. */
void rollout_want_set(struct rollout_updater *updater, struct rollout_want *want,
		      enum rollout_progress progress, const char *reason);
__attribute__((format(printf, 3, 4))) void
rollout_updater_note(const struct rollout_updater *updater, enum log_level level,
		     const char *format, ...);

/* updater_desired.c: take the hub's answer. */
void rollout_updater_take(struct rollout_updater *updater, const json_t *answer);

/* updater_file.c */
int rollout_updater_open_file(struct rollout_updater *updater, struct error *err);
void rollout_updater_save(struct rollout_updater *updater);

/* updater_act.c: whether nothing was installed or undone yet. */
bool rollout_want_is_to_do(const struct rollout_want *want);
/* updater_act.c: `busy`; NULL if a newer desired state has taken its place since it was begun. */
struct rollout_want *rollout_updater_begun(const struct rollout_updater *updater);
/* updater_act.c: begin what is to be done next, unless something is being done. */
void rollout_updater_act(struct rollout_updater *updater);
/* updater_act.c: the bundle of `busy` is complete in the open file, which this takes over. */
void rollout_updater_install(struct rollout_updater *updater, int fd);
/* updater_act.c: nothing is being done any more. */
void rollout_updater_end(struct rollout_updater *updater);

/* updater_fetch.c: fetch the bundle of `busy`. */
void rollout_updater_fetch(struct rollout_updater *updater);
/* updater_fetch.c: remove a part of a bundle that is not used any more. */
void rollout_updater_forget(struct rollout_updater *updater, const char *digest);

#endif
