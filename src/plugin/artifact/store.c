#include "plugin/artifact/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "base/error.h"
#include "base/folder.h"
#include "plugin/discovery/file.h"
#include "plugin/policy/private_file.h"

#define MAC_SIZE 32
#define FILE_NAME_SIZE 256
#define ARTIFACT_SIZE_MAX (2ull << 30)

static void make_name(const struct artifact_store *store, const struct artifact_id *id,
		      char ret_name[FILE_NAME_SIZE])
{
	char hex[2 * ARTIFACT_ID_SIZE + 1];

	sodium_bin2hex(hex, sizeof(hex), id->sha256, sizeof(id->sha256));
	snprintf(ret_name, FILE_NAME_SIZE, "%s-%s.cwasm", hex, store->engine_key);
}

/* The temporary files of `id` in this process begin with this prefix. */
static void make_prefix(const struct artifact_id *id, char ret_prefix[FILE_NAME_SIZE])
{
	char hex[2 * ARTIFACT_ID_SIZE + 1];

	sodium_bin2hex(hex, sizeof(hex), id->sha256, sizeof(id->sha256));
	snprintf(ret_prefix, FILE_NAME_SIZE, "%s.%d.", hex, getpid());
}

static void make_temporary(const struct artifact_id *id, const char *suffix,
			   char ret_name[FILE_NAME_SIZE])
{
	size_t length;

	make_prefix(id, ret_name);
	length = strlen(ret_name);
	snprintf(ret_name + length, FILE_NAME_SIZE - length, "%s", suffix);
}

static char *in_folder(const struct artifact_store *store, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", store->folder, name) < 0 ? NULL : path;
}

char *artifact_store_path(const struct artifact_store *store, const struct artifact_id *id)
{
	char name[FILE_NAME_SIZE];

	make_name(store, id, name);
	return in_folder(store, name);
}

char *artifact_store_staged_path(const struct artifact_store *store, const struct artifact_id *id)
{
	char name[FILE_NAME_SIZE];

	make_temporary(id, "wasm.tmp", name);
	return in_folder(store, name);
}

char *artifact_store_output_path(const struct artifact_store *store, const struct artifact_id *id)
{
	char name[FILE_NAME_SIZE];

	make_temporary(id, "cwasm.tmp", name);
	return in_folder(store, name);
}

/* Remove every *.tmp that begins with `prefix`. */
static void remove_temporaries(const struct artifact_store *store, const char *prefix)
{
	DIR *dir = folder_open_again(store->fd);
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!strncmp(entry->d_name, prefix, strlen(prefix)) &&
		    file_name_ends_in(entry->d_name, ".tmp"))
			unlinkat(store->fd, entry->d_name, 0);
	}
	closedir(dir);
}

static int open_folder(struct artifact_store *store, struct error *err)
{
	struct stat stat;

	if (mkdir(store->folder, 0700) && errno != EEXIST)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot create the cache of compiled plugins (check who "
				       "may write to the folder above)",
				       store->folder);
	store->fd = open(store->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->fd < 0 || fstat(store->fd, &stat))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"%s: cannot open the cache of compiled plugins (check its mode and owner)",
			store->folder);
	return private_file_check(&stat, store->folder, err);
}

/* If two processes do this at once, the key of the first one stays. */
static int make_key(const struct artifact_store *store, struct error *err)
{
	uint8_t key[ARTIFACT_KEY_SIZE];
	char temporary[FILE_NAME_SIZE];
	int ret;

	randombytes_buf(key, sizeof(key));
	snprintf(temporary, sizeof(temporary), "key.%d.tmp", getpid());
	unlinkat(store->fd, temporary, 0);
	ret = durable_file_create(store->fd, store->folder, temporary, key, sizeof(key), NULL, err);
	sodium_memzero(key, sizeof(key));
	if (ret)
		return ret;
	ret = durable_file_publish_new(store->fd, store->folder, temporary, "key", err);
	return ret == ERROR_EXISTS ? 0 : ret;
}

/* A damaged key is replaced. Then no artifact has a valid MAC, and all are compiled again. */
static int load_key(struct artifact_store *store, struct error *err)
{
	int ret = private_file_read(store->fd, "key", store->key, sizeof(store->key), NULL);

	if (!ret)
		return 0;
	if (ret != ERROR_NOT_FOUND && unlinkat(store->fd, "key", 0))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s/key: cannot delete this damaged key (delete the file)",
				       store->folder);
	ret = make_key(store, err);
	if (!ret)
		ret = private_file_read(store->fd, "key", store->key, sizeof(store->key), err);
	return ret;
}

static int check_engine_key(const char *key, struct error *err)
{
	size_t length = strlen(key);

	if (!length || length > ARTIFACT_ENGINE_KEY_MAX ||
	    key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")])
		return error_set(err, ERROR_INVALID,
				 "the compiler's version \"%s\" does not fit into a file's name: "
				 "install harvester again",
				 key);
	return 0;
}

int artifact_store_init(struct artifact_store *store, const char *folder, const char *engine_key,
			struct error *err)
{
	int ret = check_engine_key(engine_key, err);

	if (ret)
		return ret;
	if (sodium_init() < 0)
		return error_set(
			err, ERROR_SYSTEM,
			"libsodium finds no source of random numbers: is there a /dev/urandom?");
	*store = (struct artifact_store){.folder = strdup(folder), .fd = -1};
	pthread_mutex_init(&store->lock, NULL);
	store->engine_key = strdup(engine_key);
	ret = store->folder && store->engine_key
		      ? open_folder(store, err)
		      : error_set(err, ERROR_NO_MEMORY,
				  "out of memory while opening the cache of compiled plugins; this "
				  "machine needs more free memory");
	if (!ret)
		ret = load_key(store, err);
	if (ret) {
		artifact_store_finish(store);
		return ret;
	}
	/* With an exclusive lock no other process uses the temporary files. */
	if (!flock(store->fd, LOCK_EX | LOCK_NB))
		remove_temporaries(store, "");
	flock(store->fd, LOCK_SH);
	return 0;
}

void artifact_store_finish(struct artifact_store *store)
{
	if (store->fd >= 0)
		close(store->fd);
	pthread_mutex_destroy(&store->lock);
	sodium_memzero(store->key, sizeof(store->key));
	free(store->engine_key);
	free(store->folder);
}

/* State of reading a component: hash it, and copy it to `to`. */
struct passage {
	crypto_hash_sha256_state hash;
	uint64_t size;
	int to; /* descriptor; -1: hash only */
};

static int pass(void *arg, const uint8_t *data, size_t size)
{
	struct passage *passage = arg;

	crypto_hash_sha256_update(&passage->hash, data, size);
	passage->size += size;
	return passage->to < 0 ? 0 : durable_file_write(passage->to, data, size);
}

static int pass_component(const char *wasm_path, uint64_t limit, int to, struct artifact_id *ret_id,
			  uint64_t *ret_size, struct error *err)
{
	struct passage passage = {.to = to};
	struct stat stat;
	int fd = file_open_regular(AT_FDCWD, wasm_path, wasm_path, &stat, err);
	int ret;

	if (fd < 0)
		return fd;
	crypto_hash_sha256_init(&passage.hash);
	ret = file_read(fd, wasm_path, limit, pass, &passage, err);
	close(fd);
	if (ret)
		return ret;
	crypto_hash_sha256_final(&passage.hash, ret_id->sha256);
	*ret_size = passage.size;
	return 0;
}

int artifact_store_identify(const char *wasm_path, uint64_t limit, struct artifact_id *ret_id,
			    uint64_t *ret_size, struct error *err)
{
	return pass_component(wasm_path, limit, -1, ret_id, ret_size, err);
}

int artifact_store_stage(const struct artifact_store *store, const struct artifact_id *id,
			 const char *wasm_path, uint64_t limit, struct error *err)
{
	char name[FILE_NAME_SIZE];
	struct artifact_id copied;
	uint64_t size;
	int fd, ret;

	make_temporary(id, "wasm.tmp", name);
	fd = openat(store->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot create %s/%s in the cache of compiled components "
				       "(is the disk full?)",
				       store->folder, name);
	ret = pass_component(wasm_path, limit, fd, &copied, &size, err);
	close(fd);
	if (!ret && memcmp(&copied, id, sizeof(copied)))
		ret = error_set(err, ERROR_BUSY,
				"%s changed while it was read; harvester reads it again when it "
				"has stayed the same",
				wasm_path);
	if (ret)
		unlinkat(store->fd, name, 0);
	return ret;
}

static int mix(void *arg, const uint8_t *data, size_t size)
{
	crypto_generichash_update(arg, data, size);
	return 0;
}

/* The MAC covers the name too, so that an artifact cannot be renamed to another one. */
static int make_mac(const struct artifact_store *store, const char *name, int fd,
		    uint8_t ret_mac[MAC_SIZE], struct error *err)
{
	crypto_generichash_state hash;
	int ret;

	crypto_generichash_init(&hash, store->key, sizeof(store->key), MAC_SIZE);
	crypto_generichash_update(&hash, (const uint8_t *)name, strlen(name) + 1);
	ret = file_read(fd, name, ARTIFACT_SIZE_MAX, mix, &hash, err);
	if (!ret)
		crypto_generichash_final(&hash, ret_mac, MAC_SIZE);
	return ret;
}

static void make_mac_name(const char *name, char ret_name[FILE_NAME_SIZE])
{
	snprintf(ret_name, FILE_NAME_SIZE, "%.*s.mac", FILE_NAME_SIZE - 5, name);
}

static bool is_in_use(const struct artifact_store *store, const struct artifact_id *id)
{
	unsigned count = store->used < ARTIFACT_IN_USE_MAX ? store->used : ARTIFACT_IN_USE_MAX;

	for (unsigned i = 0; i < count; i++) {
		if (!memcmp(&store->in_use[i], id, sizeof(*id)))
			return true;
	}
	return false;
}

static void mark_in_use(struct artifact_store *store, const struct artifact_id *id)
{
	pthread_mutex_lock(&store->lock);
	if (!is_in_use(store, id))
		store->in_use[store->used++ % ARTIFACT_IN_USE_MAX] = *id;
	pthread_mutex_unlock(&store->lock);
}

bool artifact_store_remove(struct artifact_store *store, const char *name)
{
	char mac_name[FILE_NAME_SIZE];
	struct artifact_id id;
	bool is_removed = false;

	if (sodium_hex2bin(id.sha256, sizeof(id.sha256), name, 2 * ARTIFACT_ID_SIZE, NULL, NULL,
			   NULL))
		return false;
	make_mac_name(name, mac_name);
	pthread_mutex_lock(&store->lock);
	if (!is_in_use(store, &id)) {
		is_removed = !unlinkat(store->fd, name, 0);
		unlinkat(store->fd, mac_name, 0);
	}
	pthread_mutex_unlock(&store->lock);
	return is_removed;
}

static int check_artifact(const struct artifact_store *store, const char *name, int fd,
			  struct error *err)
{
	uint8_t kept[MAC_SIZE], mac[MAC_SIZE];
	char mac_name[FILE_NAME_SIZE];
	int ret;

	make_mac_name(name, mac_name);
	ret = private_file_read(store->fd, mac_name, kept, sizeof(kept), err);
	if (ret == ERROR_NOT_FOUND)
		return error_set(err, ERROR_CHECKSUM,
				 "the compiled component %s has no MAC, so it is compiled again",
				 name);
	if (!ret)
		ret = make_mac(store, name, fd, mac, err);
	if (!ret && sodium_memcmp(kept, mac, sizeof(mac)))
		ret = error_set(err, ERROR_CHECKSUM,
				"the compiled component %s is damaged or was not made by this "
				"node, so it is compiled again",
				name);
	return ret;
}

int artifact_store_find(struct artifact_store *store, const struct artifact_id *id,
			struct error *err)
{
	char name[FILE_NAME_SIZE];
	struct stat stat;
	int fd, ret;

	mark_in_use(store, id);
	make_name(store, id, name);
	fd = file_open_regular(store->fd, name, name, &stat, err);
	if (fd < 0)
		return fd;
	ret = private_file_check(&stat, name, err);
	if (!ret)
		ret = check_artifact(store, name, fd, err);
	if (!ret)
		futimens(fd, NULL);
	close(fd);
	return ret;
}

static int seal_open(const struct artifact_store *store, const char *output, const char *name,
		     int fd, struct error *err)
{
	char temporary[FILE_NAME_SIZE], mac_name[FILE_NAME_SIZE];
	uint8_t mac[MAC_SIZE];
	int ret;

	if (fchmod(fd, 0600) || fsync(fd))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "%s: cannot write this file to the cache of compiled "
				       "plugins (check the disk)",
				       name);
	ret = make_mac(store, name, fd, mac, err);
	if (ret)
		return ret;
	make_mac_name(name, mac_name);
	snprintf(temporary, sizeof(temporary), "%.*s.mac.tmp", FILE_NAME_SIZE - 9, output);
	ret = durable_file_create(store->fd, store->folder, temporary, mac, sizeof(mac), NULL, err);
	/* A crash between the two leaves a wrong MAC, and the artifact is compiled again. */
	if (!ret)
		ret = durable_file_publish(store->fd, store->folder, temporary, mac_name, err);
	return ret ? ret : durable_file_publish(store->fd, store->folder, output, name, err);
}

int artifact_store_seal(const struct artifact_store *store, const struct artifact_id *id,
			struct error *err)
{
	char output[FILE_NAME_SIZE], name[FILE_NAME_SIZE];
	struct stat stat;
	int fd, ret;

	make_name(store, id, name);
	make_temporary(id, "cwasm.tmp", output);
	fd = file_open_regular(store->fd, output, output, &stat, err);
	if (fd == ERROR_NOT_FOUND)
		return error_set(err, fd,
				 "the compiler wrote no compiled component (is the disk full?)");
	if (fd < 0)
		return fd;
	ret = seal_open(store, output, name, fd, err);
	close(fd);
	return ret;
}

void artifact_store_discard(const struct artifact_store *store, const struct artifact_id *id)
{
	char prefix[FILE_NAME_SIZE];

	make_prefix(id, prefix);
	remove_temporaries(store, prefix);
}

void artifact_store_forget(const struct artifact_store *store, const char *artifact_path)
{
	const char *slash = strrchr(artifact_path, '/');
	char mac_name[FILE_NAME_SIZE];

	make_mac_name(slash ? slash + 1 : artifact_path, mac_name);
	if (file_name_ends_in(mac_name, ".cwasm.mac"))
		unlinkat(store->fd, mac_name, 0);
}
