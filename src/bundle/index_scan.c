/* Lists the bundles of a folder, for an index of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "bundle/index.h"
#include "bundle/internal.h"
#include "bundle/read.h"

static int is_bundle(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, BUNDLE_SUFFIX) && *entry->d_name != '.';
}

static int check_signature(int folder, const char *name, struct error *err)
{
	char signature[BUNDLE_FILE_NAME_MAX + sizeof(BUNDLE_SIGNATURE_SUFFIX)];

	snprintf(signature, sizeof(signature), "%.*s" BUNDLE_SIGNATURE_SUFFIX, BUNDLE_FILE_NAME_MAX,
		 name);
	if (!faccessat(folder, signature, R_OK, 0))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "%s has no signature, so nodes would refuse it: sign it with `harvester "
			 "bundle sign`",
			 name);
}

static void describe(const struct bundle_manifest *manifest, struct bundle_index_entry *entry)
{
	memcpy(entry->name, manifest->name, sizeof(entry->name));
	memcpy(entry->version, manifest->version, sizeof(entry->version));
	memcpy(entry->host, manifest->host, sizeof(entry->host));
	memcpy(entry->description, manifest->description, sizeof(entry->description));
	entry->counter = manifest->counter;
}

static int read_file(int fd, const char *name, struct bundle_index_entry *entry, struct error *err)
{
	struct bundle_manifest manifest;
	struct stat stat;
	int ret = bundle_read(fd, NULL, &manifest, err);

	if (ret)
		return ret;
	describe(&manifest, entry);
	bundle_manifest_finish(&manifest);
	if (fstat(fd, &stat) || lseek(fd, 0, SEEK_SET))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot read this bundle (check the disk)");
	entry->size = (uint64_t)stat.st_size;
	return bundle_shelf_hash(fd, name, entry->digest, err);
}

static int add(int folder, const char *name, struct bundle_index_entry *entry, struct error *err)
{
	int fd, ret = bundle_index_check_file_name(name, err);

	if (!ret)
		ret = check_signature(folder, name, err);
	if (ret)
		return ret;
	fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot open this bundle (check its mode and owner)",
				       name);
	ret = read_file(fd, name, entry, err);
	close(fd);
	snprintf(entry->file, sizeof(entry->file), "%.*s", BUNDLE_FILE_NAME_MAX, name);
	return ret ? error_wrap(err, ret, "%s", name) : 0;
}

static int check_order(const struct bundle_index *index, struct error *err)
{
	for (size_t i = 1; i < index->count; i++) {
		const struct bundle_index_entry *one = &index->entries[i - 1], *other = one + 1;

		if (!bundle_index_compare(one, other))
			return error_set(err, ERROR_EXISTS,
					 "%s and %s are both %s with the counter %llu: remove one, "
					 "or build it with a higher counter",
					 one->file, other->file, one->name,
					 (unsigned long long)one->counter);
	}
	return 0;
}

static int add_all(int folder, struct dirent **names, size_t count, struct bundle_index *index,
		   struct error *err)
{
	int ret = 0;

	if (count > BUNDLE_INDEX_ENTRIES_MAX)
		return error_set(err, ERROR_TOO_LARGE,
				 "the folder of the index has more than %d bundles: remove old "
				 "versions from it",
				 BUNDLE_INDEX_ENTRIES_MAX);
	index->entries = calloc(count + 1, sizeof(*index->entries));
	if (!index->entries)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while making an index; this machine needs more "
				 "free memory");
	for (; !ret && index->count < count; index->count++)
		ret = add(folder, names[index->count]->d_name, &index->entries[index->count], err);
	if (ret)
		return ret;
	qsort(index->entries, index->count, sizeof(*index->entries), bundle_index_compare);
	return check_order(index, err);
}

int bundle_index_scan(const char *folder, struct bundle_index *ret_index, struct error *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), count, ret;
	struct bundle_index index = {0};
	struct dirent **names = NULL;

	count = fd < 0 ? -1 : scandirat(fd, ".", &names, is_bundle, alphasort);
	if (count < 0)
		ret = error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot read this folder of bundles (check its path, mode and owner)",
			folder);
	else
		ret = add_all(fd, names, (size_t)count, &index, err);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	if (fd >= 0)
		close(fd);
	if (ret)
		bundle_index_finish(&index);
	else
		*ret_index = index;
	return ret;
}
