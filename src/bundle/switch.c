/* Switches between versions: the record first, then the plugins folder. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bundle/internal.h"
#include "bundle/read.h"

int bundle_switch_manifest(struct bundle_store *store, const char *digest,
			   struct bundle_manifest *ret_manifest, struct error *err)
{
	int fd, ret;

	if (!*digest)
		return error_set(err, ERROR_NOT_FOUND,
				 "no bundle of this plugin is waiting or installed: `harvester "
				 "plugin install` installs one");
	fd = bundle_shelf_open(store, digest, err);
	if (fd < 0)
		return fd;
	ret = bundle_read_manifest(fd, ret_manifest, err);
	close(fd);
	return ret;
}

static struct bundle_place place_of(const struct bundle_store *store,
				    const struct bundle_record *record)
{
	return (struct bundle_place){.folder = store->plugins_folder, .name = record->name};
}

/* Compare the folder with a version; "" with nothing. A version whose bundle is gone counts as
 * another one, so nothing is deleted for it. */
static int compare(struct bundle_store *store, const struct bundle_record *record,
		   const char *digest, enum bundle_place_state *ret_state,
		   char ret_path[BUNDLE_PATH_MAX + 1], struct error *err)
{
	const struct bundle_place place = place_of(store, record);
	struct bundle_manifest manifest;
	bool is_known = !bundle_switch_manifest(store, digest, &manifest, NULL);
	int ret =
		bundle_place_compare(&place, is_known ? &manifest : NULL, ret_state, ret_path, err);

	if (is_known)
		bundle_manifest_finish(&manifest);
	return ret;
}

static int refuse(const struct bundle_store *store, const struct bundle_record *record,
		  const char *path, struct error *err)
{
	if (!*record->current)
		return error_set(err, ERROR_EXISTS,
				 "%s/%s is a plugin of your own, which is not overwritten: move it "
				 "elsewhere, or give --force, which keeps it as .%s.changed-here%s "
				 "beside it",
				 store->plugins_folder, *path ? path : record->name, record->name,
				 *path ? path + strlen(record->name) : "");
	return error_set(err, ERROR_EXISTS,
			 "%s was changed here (%s/%s/%s), and that is not overwritten: move your "
			 "change elsewhere, or give --force, which keeps it as .%s.changed-here "
			 "beside it",
			 record->name, store->plugins_folder, record->name, path, record->name);
}

int bundle_switch_check(struct bundle_store *store, const struct bundle_record *record,
			struct error *err)
{
	char path[BUNDLE_PATH_MAX + 1] = "";
	enum bundle_place_state state;
	int ret = compare(store, record, record->current, &state, path, err);

	if (!ret && state == BUNDLE_PLACE_OTHER)
		ret = refuse(store, record, path, err);
	return ret;
}

/* Put the current version into the place of the previous one. */
static int change(struct bundle_store *store, const struct bundle_record *record, struct error *err)
{
	const struct bundle_place place = place_of(store, record);
	int fd, ret;

	if (!*record->current)
		return bundle_place_remove(&place, err);
	fd = bundle_shelf_open(store, record->current, err);
	if (fd < 0)
		return fd;
	ret = bundle_place_switch(&place, fd, err);
	close(fd);
	return ret;
}

static int keep_files(const struct bundle_store *store, const struct bundle_record *record,
		      struct error *err)
{
	const struct bundle_place place = place_of(store, record);

	return *record->current ? bundle_place_keep_files(&place, err) : 0;
}

/* Delete what the switch took out of its place, or keep it if it is not what we put there. */
static int clear(struct bundle_store *store, const struct bundle_record *record, struct error *err)
{
	const struct bundle_place place = place_of(store, record);
	struct bundle_manifest current, previous;
	bool has_current = !bundle_switch_manifest(store, record->current, &current, NULL);
	bool has_previous = !bundle_switch_manifest(store, record->previous, &previous, NULL);
	const struct bundle_place_ours ours = {
		.current = has_current ? &current : NULL,
		.previous = has_previous ? &previous : NULL,
	};
	int ret = bundle_place_clear(&place, &ours, err);

	if (has_current)
		bundle_manifest_finish(&current);
	if (has_previous)
		bundle_manifest_finish(&previous);
	return ret;
}

/* Change the folder as the record says, unless that is done already. */
static int apply(struct bundle_store *store, const struct bundle_record *record, bool force,
		 struct error *err)
{
	char path[BUNDLE_PATH_MAX + 1] = "";
	enum bundle_place_state state;
	int ret = compare(store, record, record->current, &state, path, err);

	if (ret)
		return ret;
	if (state == (*record->current ? BUNDLE_PLACE_SAME : BUNDLE_PLACE_EMPTY))
		return 0;
	if (*record->current && state == BUNDLE_PLACE_OTHER) {
		ret = compare(store, record, record->previous, &state, path, err);
		if (!ret && state == BUNDLE_PLACE_OTHER && !force)
			ret = refuse(store, record, path, err);
	}
	/* An earlier switch may have been interrupted before it cleared away. */
	if (!ret)
		ret = clear(store, record, err);
	if (!ret)
		ret = change(store, record, err);
	if (!ret && force)
		ret = keep_files(store, record, err);
	return ret;
}

/* Until what was taken out is cleared away, the record says that the switch is not finished. */
static int finish(struct bundle_store *store, struct bundle_record *record, struct error *err)
{
	int ret = clear(store, record, err);

	if (ret)
		return ret;
	record->is_switching = false;
	return bundle_record_save(&store->folder, record, err);
}

int bundle_switch_load(struct bundle_store *store, const char *name, bool force,
		       struct bundle_record *ret_record, struct error *err)
{
	int ret = bundle_record_load(&store->folder, name, ret_record, err);

	if (ret || !ret_record->is_switching)
		return ret;
	ret = apply(store, ret_record, force, err);
	return ret ? ret : finish(store, ret_record, err);
}

int bundle_switch_to(struct bundle_store *store, struct bundle_record *record, const char *digest,
		     bool force, struct error *err)
{
	struct bundle_record before = *record;
	int ret;

	memcpy(record->previous, before.current, BUNDLE_DIGEST_SIZE);
	snprintf(record->current, sizeof(record->current), "%s", digest);
	record->is_switching = true;
	record->is_on_probation = *digest && strcmp(digest, record->good) != 0;
	if (!strcmp(record->waiting, digest))
		record->waiting[0] = '\0';
	ret = bundle_record_save(&store->folder, record, err);
	if (!ret)
		ret = apply(store, record, force, err);
	if (!ret) {
		/* The version is in its place: what cannot be finished now, the next load will. */
		finish(store, record, NULL);
		return 0;
	}
	/* The counters stay: they were seen. */
	memcpy(before.counters, record->counters, sizeof(before.counters));
	before.counters_count = record->counters_count;
	bundle_record_save(&store->folder, &before, NULL);
	*record = before;
	return ret;
}
