/* Takes a bundle in. */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bundle/internal.h"
#include "bundle/read.h"
#include "config/config.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/grant.h"

/* A bundle that has been copied and checked. */
struct candidate {
	struct bundle_manifest manifest; /* owned */
	struct bundle_version version;
};

static void describe(const struct bundle_install *install, struct candidate *candidate)
{
	memcpy(candidate->version.version, candidate->manifest.version,
	       sizeof(candidate->version.version));
	candidate->version.counter = candidate->manifest.counter;
	candidate->version.installed_ms = install->time.now_ms;
}

static int check_digest(const struct bundle_install *install, const struct candidate *candidate,
			struct error *err)
{
	const struct bundle_index_entry *listed = install->listed;

	if (!listed || !strcmp(listed->digest, candidate->version.digest))
		return 0;
	return error_set(err, ERROR_CHECKSUM,
			 "%s is not the bundle that the index lists (its SHA-256 is another one): "
			 "the server, or somebody on the way, changed it; try again later, or ask "
			 "the index's author",
			 install->shown);
}

/* The index may say something else about this very file. */
static int check_listed(const struct bundle_index_entry *listed,
			const struct bundle_manifest *manifest, struct error *err)
{
	if (!strcmp(listed->name, manifest->name) && !strcmp(listed->version, manifest->version) &&
	    listed->counter == manifest->counter)
		return 0;
	return error_set(err, ERROR_MALFORMED,
			 "the index calls this bundle %s %s, but it is %s %s: ask the index's "
			 "author to make the index again",
			 listed->name, listed->version, manifest->name, manifest->version);
}

/* The signature before the content, and the content before anything is believed. */
static int check(const struct bundle_install *install, int fd, struct candidate *candidate,
		 struct error *err)
{
	int ret = bundle_trust_check(install->config, fd, install->signature, install->shown,
				     candidate->version.key, err);

	if (ret)
		return ret;
	ret = bundle_read(fd, NULL, &candidate->manifest, err);
	if (!ret)
		ret = bundle_trust_check_manifest(install->config, candidate->version.key,
						  &candidate->manifest, &install->time, err);
	if (!ret && install->listed)
		ret = check_listed(install->listed, &candidate->manifest, err);
	if (!ret && install->name && strcmp(install->name, candidate->manifest.name) != 0)
		ret = error_set(err, ERROR_NOT_GRANTED,
				"%s is of the plugin %s, not of %s, for which it was sent",
				install->shown, candidate->manifest.name, install->name);
	if (!ret)
		describe(install, candidate);
	return ret;
}

static int check_quarantine(struct bundle_record *record, const struct candidate *candidate,
			    bool force, struct error *err)
{
	struct bundle_version *known = bundle_record_find(record, candidate->version.digest);

	if (!known || !*known->bad)
		return 0;
	if (!force)
		return error_set(err, ERROR_NOT_GRANTED,
				 "%s %s is quarantined, since it failed here: %.300s; --force "
				 "installs it again",
				 record->name, known->version, known->bad);
	known->bad[0] = '\0';
	return 0;
}

/* What is requested beyond the approval; an empty array if it is covered. */
static json_t *find_news(const struct bundle_install *install, const struct candidate *candidate)
{
	const struct permission *request = &candidate->manifest.request;
	struct permission approved;

	if (install->config->permissions.auto_approve ||
	    !approvals_check(install->approvals, candidate->manifest.name, request, NULL))
		return json_array();
	if (approvals_read(install->approvals, candidate->manifest.name, &approved, NULL))
		return grant_difference(request, NULL);
	return grant_difference(request, &approved);
}

/* Keep the bundle and its counter; it waits if it requests more than is approved and an older
 * version runs, else it is put into its place. */
static int keep(struct bundle_store *store, const struct bundle_install *install,
		struct bundle_record *record, const struct candidate *candidate,
		struct bundle_installed *installed, struct error *err)
{
	const char *digest = candidate->version.digest;
	char dropped[BUNDLE_DIGEST_SIZE];
	int ret = bundle_shelf_keep(store, digest, install->signature, err);

	if (ret)
		return ret;
	installed->is_waiting = *record->current && json_array_size(installed->news);
	if (installed->is_waiting)
		memcpy(record->waiting, digest, BUNDLE_DIGEST_SIZE);
	bundle_record_add(record, &candidate->version, dropped);
	ret = installed->is_waiting ? bundle_record_save(&store->folder, record, err)
				    : bundle_switch_to(store, record, digest, install->force, err);
	if (!ret && *dropped)
		bundle_shelf_drop(store, dropped);
	return ret;
}

/* Whether this version is the current one: the same bundle, or one that has the same files and was
 * only built again, as `harvester push` does. */
static bool is_current(struct bundle_store *store, const struct bundle_record *record,
		       const struct candidate *candidate)
{
	struct bundle_manifest current;
	const char *path;
	bool is_same;

	if (bundle_switch_manifest(store, record->current, &current, NULL))
		return false;
	is_same = !strcmp(record->current, candidate->version.digest) ||
		  (!strcmp(current.version, candidate->manifest.version) &&
		   bundle_files_equal(&current.files, &candidate->manifest.files, &path));
	bundle_manifest_finish(&current);
	return is_same && !bundle_switch_check(store, record, NULL);
}

static int take(struct bundle_store *store, const struct bundle_install *install,
		const struct candidate *candidate, struct bundle_installed *installed,
		struct error *err)
{
	struct bundle_record record;
	int ret = bundle_switch_load(store, candidate->manifest.name, install->force, &record, err);

	if (!ret)
		ret = check_quarantine(&record, candidate, install->force, err);
	if (!ret)
		ret = bundle_record_count(&record, &candidate->version, err);
	if (ret)
		return ret;
	memcpy(installed->name, record.name, sizeof(installed->name));
	installed->version = candidate->version;
	installed->news = find_news(install, candidate);
	installed->is_same = is_current(store, &record, candidate);
	if (installed->is_same)
		return bundle_record_save(&store->folder, &record, err);
	if (!install->force)
		ret = bundle_switch_check(store, &record, err);
	return ret ? ret : keep(store, install, &record, candidate, installed, err);
}

int bundle_store_install(struct bundle_store *store, const struct bundle_install *install,
			 struct bundle_installed *ret_installed, struct error *err)
{
	struct bundle_installed installed = {0};
	struct candidate candidate = {0};
	int fd, ret = bundle_shelf_copy(store, install->fd, install->shown, &fd,
					candidate.version.digest, err);

	if (ret)
		return ret;
	ret = check_digest(install, &candidate, err);
	if (!ret)
		ret = check(install, fd, &candidate, err);
	if (!ret)
		ret = take(store, install, &candidate, &installed, err);
	close(fd);
	bundle_shelf_forget(store);
	bundle_manifest_finish(&candidate.manifest);
	if (ret)
		json_decref(installed.news);
	else
		*ret_installed = installed;
	return ret;
}

json_t *bundle_installed_to_json(const struct bundle_installed *installed)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:b, s:b, s:O}", "name", installed->name,
			 "version", installed->version.version, "digest", installed->version.digest,
			 "counter", (json_int_t)installed->version.counter, "key",
			 installed->version.key, "waiting", (int)installed->is_waiting,
			 "already_installed", (int)installed->is_same, "new", installed->news);
}
