/*
 * What a running node has to know of a plugin's bundles, read from the store. Any thread; blocks on
 * the disk.
 */
#ifndef HARVESTER_BUNDLE_WATCH_H
#define HARVESTER_BUNDLE_WATCH_H

#include <jansson.h>
#include <stdbool.h>

#include "bundle/record.h"
#include "plugin/policy/approvals.h"

struct bundle_store;
struct error;

/* All empty if no bundle has brought the plugin. */
struct bundle_news {
	char version[BUNDLE_VERSION_MAX + 1], digest[BUNDLE_DIGEST_SIZE]; /* the current one */
	bool is_on_probation;
	char waiting_digest[BUNDLE_DIGEST_SIZE];      /* of the version that waits for approval */
	char waiting_version[BUNDLE_VERSION_MAX + 1]; /* waits for approval of … */
	char waiting_request[APPROVAL_DIGEST_SIZE];   /* … the request with this digest */
	char changed_here[BUNDLE_PATH_MAX + 1];	      /* bundle_store_find_change(); "": nothing */
	char bad_digest[BUNDLE_DIGEST_SIZE];
	char bad_version[BUNDLE_VERSION_MAX + 1]; /* newer than the current one, quarantined … */
	char bad_reason[BUNDLE_REASON_MAX + 1];	  /* … for this reason; "": none is */
	json_t *waiting_new; /* owned: texts of what it has beyond the approval; NULL: none waits */
};

void bundle_news_finish(struct bundle_news *news);

/* The caller ends *ret_news with bundle_news_finish(). Errors of bundle_record_load() and
 * approvals_create(). */
int bundle_watch_load(struct bundle_store *store, const char *data_folder, const char *name,
		      struct bundle_news *ret_news, struct error *err);

/* Approve the request of the version that waits, and switch to it. Errors of
 * bundle_store_waiting(), approvals_add() and bundle_store_switch_waiting(). */
int bundle_watch_approve(struct bundle_store *store, const char *data_folder, const char *name,
			 struct error *err);

#endif
