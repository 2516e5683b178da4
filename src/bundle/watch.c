#include "bundle/watch.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "bundle/store.h"
#include "plugin/policy/grant.h"

void bundle_news_finish(struct bundle_news *news)
{
	json_decref(news->waiting_new);
	*news = (struct bundle_news){0};
}

static int load_waiting(struct bundle_store *store, const char *data_folder,
			struct bundle_record *record, struct bundle_news *news, struct error *err)
{
	const struct bundle_version *version = bundle_record_find(record, record->waiting);
	struct permission request, approved;
	struct approvals *approvals;
	int ret = bundle_store_waiting(store, record->name, &request, err);

	if (!ret)
		ret = approvals_create(data_folder, &approvals, err);
	if (ret)
		return ret;
	news->waiting_new = grant_difference(
		&request,
		approvals_read(approvals, record->name, &approved, NULL) ? NULL : &approved);
	approvals_digest(&request, news->waiting_request);
	memcpy(news->waiting_digest, record->waiting, sizeof(news->waiting_digest));
	if (version)
		memcpy(news->waiting_version, version->version, sizeof(news->waiting_version));
	approvals_destroy(approvals);
	return 0;
}

/* The newest quarantined version, if the current one is older: the node went back from it. */
static void find_bad(const struct bundle_record *record, struct bundle_news *news)
{
	for (size_t i = 0; i < record->versions_count; i++) {
		const struct bundle_version *version = &record->versions[i];

		if (!strcmp(version->digest, record->current))
			return;
		if (!*version->bad)
			continue;
		memcpy(news->bad_digest, version->digest, sizeof(news->bad_digest));
		memcpy(news->bad_version, version->version, sizeof(news->bad_version));
		memcpy(news->bad_reason, version->bad, sizeof(news->bad_reason));
		return;
	}
}

static void find_change(struct bundle_store *store, const struct bundle_record *record,
			struct bundle_news *news)
{
	char path[BUNDLE_PATH_MAX + 1] = "";
	const char *change = bundle_store_find_change(store, record, path);

	snprintf(news->changed_here, sizeof(news->changed_here), "%s",
		 change && !*change ? "its files"
		 : change	    ? change
				    : "");
}

int bundle_watch_load(struct bundle_store *store, const char *data_folder, const char *name,
		      struct bundle_news *ret_news, struct error *err)
{
	struct bundle_news news = {0};
	const struct bundle_version *current;
	struct bundle_record record;
	int ret = bundle_store_get(store, name, &record, err);

	if (ret)
		return ret;
	current = bundle_record_find(&record, record.current);
	if (current) {
		memcpy(news.version, current->version, sizeof(news.version));
		memcpy(news.digest, current->digest, sizeof(news.digest));
	}
	news.is_on_probation = current && record.is_on_probation;
	find_bad(&record, &news);
	find_change(store, &record, &news);
	if (*record.waiting)
		ret = load_waiting(store, data_folder, &record, &news, err);
	if (ret)
		bundle_news_finish(&news);
	else
		*ret_news = news;
	return ret;
}

int bundle_watch_approve(struct bundle_store *store, const char *data_folder, const char *name,
			 struct error *err)
{
	struct approvals *approvals;
	struct permission request;
	int ret = bundle_store_waiting(store, name, &request, err);

	if (!ret)
		ret = approvals_create(data_folder, &approvals, err);
	if (ret)
		return ret;
	ret = approvals_add(approvals, name, &request, err);
	approvals_destroy(approvals);
	return ret ? ret : bundle_store_switch_waiting(store, name, err);
}
