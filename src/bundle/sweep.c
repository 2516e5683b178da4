/* Removes what kills and power cuts have left in the store: files that no record names. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/folder.h"
#include "bundle/internal.h"

/* A download that broke off goes on when the command is given again, but not for ever. */
#define DOWNLOAD_DAYS 7
#define DIGEST_TEXT_SIZE (BUNDLE_DIGEST_SIZE - 1)

struct known {
	struct bundle_store *store;
	char (*digests)[BUNDLE_DIGEST_SIZE]; /* owned, sorted when all are known */
	size_t count, room;
	int ret;
	struct error *err;
};

static void add_digest(struct known *known, const char *digest)
{
	if (known->count == known->room) {
		size_t room = known->room ? 2 * known->room : 64;
		void *digests = reallocarray(known->digests, room, sizeof(*known->digests));

		if (!digests) {
			known->ret = error_set(known->err, ERROR_NO_MEMORY,
					       "out of memory while looking for leftovers of "
					       "bundles; this machine needs more free memory");
			return;
		}
		known->digests = digests;
		known->room = room;
	}
	memcpy(known->digests[known->count++], digest, BUNDLE_DIGEST_SIZE);
}

/* The versions, and the four that a record names beside: each of these is one of the versions, but
 * a file that is removed cannot be made again. */
static void add_record(void *arg, const char *name)
{
	struct known *known = arg;
	struct bundle_record record;

	if (!known->ret)
		known->ret = bundle_record_load(&known->store->folder, name, &record, known->err);
	for (size_t i = 0; !known->ret && i < record.versions_count; i++)
		add_digest(known, record.versions[i].digest);
	if (!known->ret)
		add_digest(known, record.current);
	if (!known->ret)
		add_digest(known, record.previous);
	if (!known->ret)
		add_digest(known, record.good);
	if (!known->ret)
		add_digest(known, record.waiting);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_named(const struct known *known, const char *digest)
{
	return known->count &&
	       bsearch(digest, known->digests, known->count, sizeof(*known->digests), compare);
}

static bool begins_with_digest(const char *file)
{
	return strspn(file, "0123456789abcdef") == DIGEST_TEXT_SIZE;
}

/* A temporary file of durable_file_replace(), whose writer would have the store's lock. */
static bool is_temporary(const char *file)
{
	const char *end = strrchr(file, '.');

	return *file == '.' && begins_with_digest(file + 1) && !strcmp(end, ".tmp");
}

/* A file DIGEST.bundle or DIGEST.minisig that no record names. */
static bool is_orphan(const struct known *known, const char *file)
{
	char digest[BUNDLE_DIGEST_SIZE];
	const char *end = file + DIGEST_TEXT_SIZE;

	if (is_temporary(file))
		return true;
	if (!begins_with_digest(file) ||
	    (strcmp(end, BUNDLE_SUFFIX) != 0 && strcmp(end, BUNDLE_SIGNATURE_SUFFIX) != 0))
		return false;
	snprintf(digest, sizeof(digest), "%.*s", DIGEST_TEXT_SIZE, file);
	return !is_named(known, digest);
}

static int sweep_shelf(const struct known *known, unsigned *swept, struct error *err)
{
	const struct trusted_folder *shelf = &known->store->shelf;
	DIR *entries = folder_open_again(shelf->fd);
	struct dirent *entry;

	if (!entries)
		return error_set_errno(err, ERROR_SYSTEM, errno, "%s: cannot read this folder",
				       shelf->path);
	while ((entry = readdir(entries)))
		if (is_orphan(known, entry->d_name) && !unlinkat(shelf->fd, entry->d_name, 0))
			++*swept;
	closedir(entries);
	return 0;
}

static bool is_old_download(int folder, const char *file)
{
	struct stat stat;

	return strstr(file, ".download") && !fstatat(folder, file, &stat, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(stat.st_mode) && time(NULL) - stat.st_mtim.tv_sec > DOWNLOAD_DAYS * 86400;
}

static int sweep_downloads(const struct trusted_folder *folder, unsigned *swept, struct error *err)
{
	DIR *entries = folder_open_again(folder->fd);
	struct dirent *entry;

	if (!entries)
		return error_set_errno(err, ERROR_SYSTEM, errno, "%s: cannot read this folder",
				       folder->path);
	while ((entry = readdir(entries)))
		if (is_old_download(folder->fd, entry->d_name) &&
		    !unlinkat(folder->fd, entry->d_name, 0))
			++*swept;
	closedir(entries);
	return 0;
}

int bundle_store_sweep(struct bundle_store *store, unsigned *ret_count, struct error *err)
{
	struct known known = {.store = store, .err = err};
	unsigned swept = 0;
	int ret = bundle_store_list(store, add_record, &known, err);

	if (!ret)
		ret = known.ret;
	if (!ret) {
		if (known.count)
			qsort(known.digests, known.count, sizeof(*known.digests), compare);
		bundle_shelf_forget(store);
		ret = sweep_shelf(&known, &swept, err);
	}
	if (!ret)
		ret = sweep_downloads(&store->folder, &swept, err);
	if (!ret)
		*ret_count = swept;
	free(known.digests);
	return ret;
}
