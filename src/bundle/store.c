#include "bundle/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "base/text.h"
#include "bundle/internal.h"

#define FOLDER "bundles"
#define SHELF "files"
#define SUFFIX ".json"

int bundle_store_open(const struct bundle_store_config *config, struct bundle_store **ret_store,
		      struct error *err)
{
	struct bundle_store *store = calloc(1, sizeof(*store));
	int ret;

	if (!store)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the store of bundles; this machine "
				 "needs more free memory");
	store->plugins_folder = config->plugins_folder;
	ret = trusted_folder_open(config->data_folder, FOLDER, &store->folder, err);
	if (ret)
		goto out_store;
	ret = trusted_folder_open(store->folder.path, SHELF, &store->shelf, err);
	if (ret)
		goto out_folder;
	while (flock(store->folder.fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		ret = error_set_errno(err, ERROR_SYSTEM, errno,
				      "%s: cannot lock this folder (check who may write to it)",
				      store->folder.path);
		goto out_shelf;
	}
	*ret_store = store;
	return 0;

out_shelf:
	trusted_folder_close(&store->shelf);
out_folder:
	trusted_folder_close(&store->folder);
out_store:
	free(store);
	return ret;
}

void bundle_store_close(struct bundle_store *store)
{
	if (!store)
		return;
	trusted_folder_close(&store->shelf);
	trusted_folder_close(&store->folder);
	free(store);
}

bool bundle_store_exists(const char *data_folder)
{
	char path[4096];

	return snprintf(path, sizeof(path), "%s/" FOLDER, data_folder) < (int)sizeof(path) &&
	       !access(path, F_OK);
}

int bundle_store_get(struct bundle_store *store, const char *name, struct bundle_record *ret_record,
		     struct error *err)
{
	/* The store's lock is ours, so whoever was at a switch was killed. */
	if (!bundle_switch_load(store, name, false, ret_record, NULL))
		return 0;
	return bundle_record_load(&store->folder, name, ret_record, err);
}

static int load_known(struct bundle_store *store, const char *name, bool force,
		      struct bundle_record *ret_record, struct error *err)
{
	int ret = bundle_switch_load(store, name, force, ret_record, err);

	if (!ret && !ret_record->versions_count)
		ret = error_set(err, ERROR_NOT_FOUND,
				"no bundle of %s is installed: `harvester plugin install` installs "
				"one",
				name);
	return ret;
}

int bundle_store_waiting(struct bundle_store *store, const char *name,
			 struct permission *ret_request, struct error *err)
{
	struct bundle_manifest manifest;
	struct bundle_record record;
	int ret = load_known(store, name, false, &record, err);

	if (!ret)
		ret = bundle_switch_manifest(store, record.waiting, &manifest, err);
	if (ret)
		return ret;
	*ret_request = manifest.request;
	bundle_manifest_finish(&manifest);
	return 0;
}

int bundle_store_switch_waiting(struct bundle_store *store, const char *name, struct error *err)
{
	char digest[BUNDLE_DIGEST_SIZE];
	struct bundle_record record;
	int ret = load_known(store, name, false, &record, err);

	if (!ret && !*record.waiting)
		ret = error_set(err, ERROR_NOT_FOUND,
				"no version of %s waits for approval: `harvester plugin versions` "
				"lists the versions",
				name);
	if (!ret)
		ret = bundle_switch_check(store, &record, err);
	if (ret)
		return ret;
	memcpy(digest, record.waiting, sizeof(digest));
	return bundle_switch_to(store, &record, digest, false, err);
}

/* The last good version, or else the newest that is neither current nor bad. */
static struct bundle_version *find_other(struct bundle_record *record)
{
	struct bundle_version *good = bundle_record_find(record, record->good);

	if (good && strcmp(record->good, record->current) != 0)
		return good;
	for (size_t i = 0; i < record->versions_count; i++)
		if (strcmp(record->versions[i].digest, record->current) != 0 &&
		    strcmp(record->versions[i].digest, record->waiting) != 0 &&
		    !*record->versions[i].bad)
			return &record->versions[i];
	return NULL;
}

int bundle_store_rollback(struct bundle_store *store, const char *name, bool force,
			  struct bundle_version *ret_version, struct error *err)
{
	const struct bundle_version *found;
	struct bundle_version version;
	struct bundle_record record;
	int ret = load_known(store, name, force, &record, err);

	if (ret)
		return ret;
	found = find_other(&record);
	if (!found)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no other version of %s to go back to: `harvester plugin "
				 "versions %s` lists them",
				 name, name);
	version = *found;
	if (!force)
		ret = bundle_switch_check(store, &record, err);
	if (!ret)
		ret = bundle_switch_to(store, &record, version.digest, force, err);
	if (!ret)
		*ret_version = version;
	return ret;
}

int bundle_store_undo(struct bundle_store *store, const char *name, const char *digest,
		      struct bundle_version *ret_version, struct error *err)
{
	struct bundle_record record;
	int ret = bundle_record_load(&store->folder, name, &record, err);

	*ret_version = (struct bundle_version){0};
	if (ret)
		return ret;
	if (!strcmp(record.current, digest))
		return bundle_store_rollback(store, name, false, ret_version, err);
	if (strcmp(record.waiting, digest) != 0)
		return 0;
	record.waiting[0] = '\0';
	return bundle_record_save(&store->folder, &record, err);
}

int bundle_store_remove(struct bundle_store *store, const char *name, bool force, struct error *err)
{
	struct bundle_record record;
	int ret = load_known(store, name, force, &record, err);

	if (!ret && !*record.current)
		ret = error_set(err, ERROR_NOT_FOUND,
				"%s is removed already, so there is nothing to remove; `harvester "
				"plugin install` installs it again",
				name);
	if (!ret && !force)
		ret = bundle_switch_check(store, &record, err);
	if (!ret)
		ret = bundle_switch_to(store, &record, "", force, err);
	return ret;
}

int bundle_store_fail(struct bundle_store *store, const char *name, const char *digest,
		      const char *reason, struct bundle_version *ret_version, struct error *err)
{
	struct bundle_version *bad, *good;
	struct bundle_record record;
	int ret = bundle_record_load(&store->folder, name, &record, err);

	*ret_version = (struct bundle_version){0};
	if (ret)
		return ret;
	digest = *digest ? digest : record.current;
	bad = bundle_record_find(&record, digest);
	good = bundle_record_find(&record, record.good);
	if (!bad || !good || bad == good || !record.is_on_probation ||
	    strcmp(record.current, digest) != 0)
		return 0;
	text_clean(bad->bad, sizeof(bad->bad), reason, strlen(reason));
	ret = bundle_switch_check(store, &record, err);
	if (!ret)
		ret = bundle_switch_to(store, &record, good->digest, false, err);
	if (!ret)
		*ret_version = *bundle_record_find(&record, record.good);
	return ret;
}

int bundle_store_pass(struct bundle_store *store, const char *name, const char *digest,
		      struct error *err)
{
	struct bundle_record record;
	int ret = bundle_record_load(&store->folder, name, &record, err);

	if (ret || !record.is_on_probation || strcmp(record.current, digest) != 0)
		return ret;
	record.is_on_probation = false;
	memcpy(record.good, record.current, sizeof(record.good));
	return bundle_record_save(&store->folder, &record, err);
}

const char *bundle_store_find_change(struct bundle_store *store, const struct bundle_record *record,
				     char ret_path[BUNDLE_PATH_MAX + 1])
{
	const struct bundle_place place = {.folder = store->plugins_folder, .name = record->name};
	enum bundle_place_state state = BUNDLE_PLACE_SAME;
	struct bundle_manifest manifest;

	if (!*record->current || bundle_switch_manifest(store, record->current, &manifest, NULL))
		return NULL;
	bundle_place_compare(&place, &manifest, &state, ret_path, NULL);
	bundle_manifest_finish(&manifest);
	return state == BUNDLE_PLACE_SAME    ? NULL
	       : state == BUNDLE_PLACE_EMPTY ? "the folder is missing"
					     : ret_path;
}

int bundle_store_show(struct bundle_store *store, const char *name, json_t **ret_json,
		      struct error *err)
{
	char path[BUNDLE_PATH_MAX + 1] = "";
	struct bundle_record record;
	const char *changed;
	json_t *json;
	int ret = load_known(store, name, false, &record, err);

	if (ret)
		return ret;
	json = bundle_record_to_json(&record);
	changed = bundle_store_find_change(store, &record, path);
	json_object_set_new(json, "changed_here", changed ? json_string(changed) : json_null());
	*ret_json = json;
	return 0;
}

int bundle_store_list(struct bundle_store *store, void (*on_found)(void *arg, const char *name),
		      void *arg, struct error *err)
{
	DIR *entries = folder_open_again(store->folder.fd);
	char name[PLUGIN_NAME_SIZE];
	struct dirent *entry;

	if (!entries)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot read this folder (check its mode and owner)",
				       store->folder.path);
	while ((entry = readdir(entries))) {
		size_t size = strlen(entry->d_name), suffix = sizeof(SUFFIX) - 1;

		if (size <= suffix || size - suffix >= sizeof(name) ||
		    strcmp(entry->d_name + size - suffix, SUFFIX) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(size - suffix), entry->d_name);
		if (bundle_is_name(name))
			on_found(arg, name);
	}
	closedir(entries);
	return 0;
}

struct settling {
	struct bundle_store *store;
	void (*on_problem)(void *arg, const char *text);
	void *arg;
};

static void settle(void *arg, const char *name)
{
	struct settling *settling = arg;
	struct bundle_record record;
	struct error err = {0};

	if (bundle_switch_load(settling->store, name, false, &record, &err))
		settling->on_problem(settling->arg, err.text);
}

int bundle_store_settle(struct bundle_store *store, void (*on_problem)(void *arg, const char *text),
			void *arg, struct error *err)
{
	struct settling settling = {store, on_problem, arg};

	return bundle_store_list(store, settle, &settling, err);
}
