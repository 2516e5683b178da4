#include "bundle/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "bundle/internal.h"
#include "bundle/read.h"
#include "bundle/trust.h"

/* The files of a relay are a shelf, as those of the store of bundles are. One thread at a time. */
static int open_shelf(const char *data_folder, struct bundle_store *ret_store, struct error *err)
{
	int ret = trusted_folder_open(data_folder, BUNDLE_RELAY_FOLDER, &ret_store->shelf, err);

	if (ret)
		return ret;
	while (flock(ret_store->shelf.fd, LOCK_EX)) {
		if (errno == EINTR)
			continue;
		ret = error_set_errno(err, ERROR_SYSTEM, errno, "%s: cannot lock this folder",
				      ret_store->shelf.path);
		trusted_folder_close(&ret_store->shelf);
		return ret;
	}
	return 0;
}

static int copy_signature(const char *signature, struct bundle_relayed *relayed, struct error *err)
{
	relayed->signature = signature ? strdup(signature) : NULL;
	return signature && !relayed->signature
		       ? error_set(err, ERROR_NO_MEMORY,
				   "cannot receive the bundle that nodes will fetch: %s",
				   error_text(ERROR_NO_MEMORY))
		       : 0;
}

/* The signature before the content, as on a node. */
static int check(const struct config *config, int fd, const char *signature,
		 struct bundle_relayed *relayed, struct error *err)
{
	char key[MINISIGN_ID_TEXT_SIZE];
	struct bundle_manifest manifest;
	const struct bundle_time time = bundle_time_now();
	struct stat status;
	int ret = bundle_trust_check(config, fd, signature, "the bundle", key, err);

	if (!ret)
		ret = bundle_read(fd, NULL, &manifest, err);
	if (ret)
		return ret;
	ret = bundle_trust_check_manifest(config, key, &manifest, &time, err);
	memcpy(relayed->name, manifest.name, sizeof(relayed->name));
	memcpy(relayed->version, manifest.version, sizeof(relayed->version));
	bundle_manifest_finish(&manifest);
	if (!ret && fstat(fd, &status))
		ret = error_set_errno(err, ERROR_SYSTEM, errno, "cannot read the bundle");
	if (!ret)
		relayed->size = (uint64_t)status.st_size;
	return ret ? ret : copy_signature(signature, relayed, err);
}

int bundle_relay_take(const char *data_folder, const struct config *config, int fd,
		      const char *signature, struct bundle_relayed *ret_relayed, struct error *err)
{
	struct bundle_relayed relayed = {0};
	struct bundle_store store = {0};
	int copy, ret = open_shelf(data_folder, &store, err);

	if (ret)
		return ret;
	ret = bundle_shelf_copy(&store, fd, "the bundle", &copy, relayed.digest, err);
	if (!ret) {
		ret = check(config, copy, signature, &relayed, err);
		close(copy);
	}
	if (!ret)
		ret = bundle_shelf_keep(&store, relayed.digest, signature, err);
	bundle_shelf_forget(&store);
	trusted_folder_close(&store.shelf);
	if (ret)
		free(relayed.signature);
	else
		*ret_relayed = relayed;
	return ret;
}

/* A bundle without a signature has no such file: `text` then stays empty. */
static int read_signature(const struct bundle_store *store, const char *digest, struct buffer *text,
			  struct error *err)
{
	char path[PATH_MAX];

	buffer_init(text, MINISIGN_FILE_MAX);
	if (snprintf(path, sizeof(path), "%s/%s.minisig", store->shelf.path, digest) >= PATH_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the data folder's path is too long");
	return access(path, F_OK) ? 0 : buffer_read_file(text, path, MINISIGN_FILE_MAX, err);
}

static int find(struct bundle_store *store, const struct config *config, const char *digest,
		struct bundle_relayed *relayed, struct error *err)
{
	struct buffer signature;
	int fd = bundle_shelf_open(store, digest, err), ret;

	if (fd < 0)
		return fd;
	memcpy(relayed->digest, digest, sizeof(relayed->digest));
	ret = read_signature(store, digest, &signature, err);
	if (!ret)
		ret = check(config, fd, signature.data, relayed, err);
	buffer_finish(&signature);
	close(fd);
	return ret;
}

int bundle_relay_find(const char *data_folder, const struct config *config, const char *digest,
		      struct bundle_relayed *ret_relayed, struct error *err)
{
	struct bundle_relayed relayed = {0};
	struct bundle_store store = {0};
	int ret = open_shelf(data_folder, &store, err);

	if (ret)
		return ret;
	ret = find(&store, config, digest, &relayed, err);
	trusted_folder_close(&store.shelf);
	if (ret)
		free(relayed.signature);
	else
		*ret_relayed = relayed;
	return ret;
}

int bundle_relay_read(const char *data_folder, const char *digest, uint64_t offset, void *data,
		      size_t size, size_t *ret_count, struct error *err)
{
	char path[PATH_MAX];
	ssize_t count;
	int fd;

	snprintf(path, sizeof(path), "%.*s/" BUNDLE_RELAY_FOLDER "/%s.bundle", PATH_MAX - 128,
		 data_folder, digest);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s: cannot open this bundle", path);
	count = offset > INT64_MAX ? 0 : pread(fd, data, size, (off_t)offset);
	close(fd);
	if (count < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot read this bundle (check the disk)", path);
	*ret_count = (size_t)count;
	return 0;
}

void bundle_relay_drop(const char *data_folder, const char *digest)
{
	struct bundle_store store = {0};

	if (open_shelf(data_folder, &store, NULL))
		return;
	bundle_shelf_drop(&store, digest);
	trusted_folder_close(&store.shelf);
}
