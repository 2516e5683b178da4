/* The bundles of the store, each in a file that is named by its SHA-256. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "bundle/internal.h"
#include "bundle/read.h"

#define INCOMING "incoming"
#define COPY_SIZE 65536
#define NAME_SIZE (BUNDLE_DIGEST_SIZE + 16)

static int fail(const struct bundle_store *store, const char *name, struct error *err)
{
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "%s/%s: cannot store this bundle (is the disk full, and may this "
			       "user write there?)",
			       store->shelf.path, name);
}

static void finish_digest(crypto_hash_sha256_state *hash, char ret_digest[BUNDLE_DIGEST_SIZE])
{
	uint8_t sha256[32];

	crypto_hash_sha256_final(hash, sha256);
	sodium_bin2hex(ret_digest, BUNDLE_DIGEST_SIZE, sha256, sizeof(sha256));
}

/* Copy to `to`, -1: only hash. */
static int copy(int from, int to, const char *shown, char ret_digest[BUNDLE_DIGEST_SIZE],
		struct error *err)
{
	crypto_hash_sha256_state hash;
	uint8_t part[COPY_SIZE];
	uint64_t total = 0;
	ssize_t count;

	crypto_hash_sha256_init(&hash);
	while ((count = read(from, part, sizeof(part)))) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return error_set_errno(err, ERROR_SYSTEM, errno,
					       "%s: cannot read this bundle (check the disk)",
					       shown);
		total += (uint64_t)count;
		if (total > BUNDLE_SIZE_MAX)
			return error_set(err, ERROR_TOO_LARGE,
					 "%s has more than %llu bytes, so it is not a bundle",
					 shown, BUNDLE_SIZE_MAX);
		crypto_hash_sha256_update(&hash, part, (size_t)count);
		if (to >= 0 && durable_file_write(to, part, (size_t)count))
			return error_set_errno(err, ERROR_SYSTEM, errno,
					       "%s: cannot copy this bundle (is the disk full?)",
					       shown);
	}
	finish_digest(&hash, ret_digest);
	return 0;
}

int bundle_shelf_hash(int fd, const char *shown, char ret_digest[BUNDLE_DIGEST_SIZE],
		      struct error *err)
{
	return copy(fd, -1, shown, ret_digest, err);
}

int bundle_shelf_copy(struct bundle_store *store, int from, const char *shown, int *ret_fd,
		      char ret_digest[BUNDLE_DIGEST_SIZE], struct error *err)
{
	int fd, ret;

	bundle_shelf_forget(store);
	fd = openat(store->shelf.fd, INCOMING, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return fail(store, INCOMING, err);
	ret = copy(from, fd, shown, ret_digest, err);
	if (!ret && ((!geteuid() && fchown(fd, store->shelf.owner, store->shelf.group)) ||
		     fsync(fd) || lseek(fd, 0, SEEK_SET)))
		ret = fail(store, INCOMING, err);
	if (ret) {
		close(fd);
		bundle_shelf_forget(store);
		return ret;
	}
	*ret_fd = fd;
	return 0;
}

void bundle_shelf_forget(struct bundle_store *store)
{
	unlinkat(store->shelf.fd, INCOMING, 0);
}

int bundle_shelf_keep(struct bundle_store *store, const char *digest, const char *signature,
		      struct error *err)
{
	const struct durable_owner owner = {store->shelf.owner, store->shelf.group};
	char name[NAME_SIZE];
	int ret = 0;

	snprintf(name, sizeof(name), "%s.minisig", digest);
	if (signature)
		ret = durable_file_replace(store->shelf.fd, store->shelf.path, name, signature,
					   strlen(signature), geteuid() ? NULL : &owner, err);
	snprintf(name, sizeof(name), "%s.bundle", digest);
	if (!ret)
		ret = durable_file_publish(store->shelf.fd, store->shelf.path, INCOMING, name, err);
	return ret;
}

int bundle_shelf_open(struct bundle_store *store, const char *digest, struct error *err)
{
	char name[NAME_SIZE], found[BUNDLE_DIGEST_SIZE] = "";
	int fd, ret;

	snprintf(name, sizeof(name), "%s.bundle", digest);
	fd = openat(store->shelf.fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s/%s: cannot open this stored bundle (if it is missing, "
				       "install it again; else check its mode and owner)",
				       store->shelf.path, name);
	ret = copy(fd, -1, name, found, err);
	if (!ret && (strcmp(found, digest) != 0 || lseek(fd, 0, SEEK_SET)))
		ret = error_set(err, ERROR_CHECKSUM,
				"%s/%s was changed or is damaged, so it is not used: install the "
				"bundle again",
				store->shelf.path, name);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

void bundle_shelf_drop(struct bundle_store *store, const char *digest)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%s.bundle", digest);
	unlinkat(store->shelf.fd, name, 0);
	snprintf(name, sizeof(name), "%s.minisig", digest);
	unlinkat(store->shelf.fd, name, 0);
}
