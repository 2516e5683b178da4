/* Fetches a bundle from the hub, part by part, into a file that stays if the transfer breaks off.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable_file.h"
#include "rollout/node/internal.h"

#define AGAIN_MS 1000	   /* before a part is asked for again, if the hub does not say how long */
#define AGAIN_MS_MAX 60000 /* … and the most that it can say */
#define HASH_SIZE 65536

/* Appends a part to the file on the thread pool; without data it only looks how far the file is. */
struct appending {
	uv_work_t work;
	struct rollout_updater *updater;
	char path[PATH_MAX + BUNDLE_DIGEST_SIZE + 8];
	char digest[BUNDLE_DIGEST_SIZE];
	char *data; /* owned */
	size_t size;
	uint64_t offset, whole; /* bytes */
	int fd;			/* of the complete file; -1: it is not complete */
	bool is_wrong;		/* it is complete, and not what was announced */
	struct error err;
};

static void make_path(const struct rollout_updater *updater, const char *digest, char *ret_path,
		      size_t size)
{
	snprintf(ret_path, size, "%s/%s.part", updater->folder, digest);
}

/* Whether the file has the announced SHA-256. */
static bool is_right(int fd, const char *digest)
{
	char part[HASH_SIZE], found[BUNDLE_DIGEST_SIZE];
	crypto_hash_sha256_state hash;
	uint8_t sha256[32];
	ssize_t count;

	crypto_hash_sha256_init(&hash);
	while ((count = read(fd, part, sizeof(part))) > 0)
		crypto_hash_sha256_update(&hash, (const uint8_t *)part, (size_t)count);
	crypto_hash_sha256_final(&hash, sha256);
	sodium_bin2hex(found, sizeof(found), sha256, sizeof(sha256));
	return !count && !strcmp(found, digest);
}

static int append(struct appending *appending, int fd)
{
	struct stat status;

	if (lseek(fd, (off_t)appending->offset, SEEK_SET) < 0 ||
	    (appending->data && durable_file_write(fd, appending->data, appending->size)) ||
	    fstat(fd, &status))
		return error_set_errno(&appending->err, ERROR_SYSTEM, errno,
				       "%s: cannot store the bundle (is the disk full?)",
				       appending->path);
	appending->offset = (uint64_t)status.st_size;
	return 0;
}

static void run(uv_work_t *work)
{
	struct appending *appending = work->data;
	int fd = open(appending->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0) {
		error_set_errno(&appending->err, ERROR_SYSTEM, errno,
				"%s: cannot store the bundle (check the data folder)",
				appending->path);
		return;
	}
	if (append(appending, fd) || appending->offset < appending->whole) {
		close(fd);
		return;
	}
	appending->is_wrong = appending->offset > appending->whole || lseek(fd, 0, SEEK_SET) ||
			      !is_right(fd, appending->digest);
	if (!appending->is_wrong) {
		appending->fd = fd;
		return;
	}
	close(fd);
	unlink(appending->path);
}

static void fail(struct rollout_updater *updater, const char *text)
{
	/* The next hello tries again. */
	rollout_updater_note(updater, LOG_WARNING, "cannot fetch %s %s from the %s: %s",
			     updater->busy->name, updater->busy->version, updater->config.sender,
			     text);
	updater->busy = NULL;
	updater->has_failed = true;
}

static void ask_for_part(struct rollout_updater *updater);

static void go_on(struct rollout_updater *updater, const struct appending *appending)
{
	updater->offset = appending->offset;
	if (appending->err.code) {
		fail(updater, appending->err.text);
	} else if (appending->is_wrong) {
		rollout_want_set(updater, updater->busy, ROLLOUT_REFUSED,
				 "what the hub has sent is not the bundle that it announced (its "
				 "SHA-256 differs): its copy is damaged, or somebody has changed "
				 "it");
		rollout_updater_end(updater);
	} else if (appending->fd >= 0) {
		rollout_want_set(updater, updater->busy, ROLLOUT_DOWNLOADED, "");
		rollout_updater_install(updater, appending->fd);
	} else {
		ask_for_part(updater);
	}
}

static void on_run(uv_work_t *work, int status)
{
	struct appending *appending = work->data;
	struct rollout_updater *updater = appending->updater;
	bool is_current = rollout_updater_begun(updater);

	(void)status; /* this job is never cancelled */
	if (updater->document && is_current) {
		go_on(updater, appending);
	} else {
		if (appending->fd >= 0)
			close(appending->fd);
		rollout_updater_end(updater);
	}
	free(appending->data);
	free(appending);
}

/* `data` is copied; NULL: none. */
static void submit(struct rollout_updater *updater, const void *data, size_t size)
{
	struct appending *appending = calloc(1, sizeof(*appending));

	if (appending && data) {
		appending->data = malloc(size);
		if (appending->data)
			memcpy(appending->data, data, size);
	}
	if (!appending || (data && !appending->data)) {
		free(appending);
		fail(updater, error_text(ERROR_NO_MEMORY));
		return;
	}
	appending->work.data = appending;
	appending->updater = updater;
	appending->size = size;
	appending->offset = updater->offset;
	appending->whole = updater->busy->size;
	appending->fd = -1;
	memcpy(appending->digest, updater->busy_digest, sizeof(appending->digest));
	make_path(updater, appending->digest, appending->path, sizeof(appending->path));
	uv_queue_work(updater->config.loop, &appending->work, run, on_run);
}

static void on_again(uv_timer_t *timer)
{
	ask_for_part(timer->data);
}

static void wait(struct rollout_updater *updater, uint64_t asked_ms)
{
	uint64_t wait_ms = asked_ms < AGAIN_MS ? AGAIN_MS : asked_ms;

	uv_timer_start(&updater->again, on_again, wait_ms < AGAIN_MS_MAX ? wait_ms : AGAIN_MS_MAX,
		       0);
}

static void on_part(void *arg, int status, const struct http_answer *answer,
		    const struct error *err)
{
	struct rollout_updater *updater = arg;
	char text[64];

	updater->fetching = NULL;
	if (!rollout_updater_begun(updater)) {
		rollout_updater_end(updater);
		return;
	}
	if (status) {
		fail(updater, err->text);
	} else if (answer->status == 503) {
		wait(updater, answer->retry_after_ms);
	} else if (answer->status != 200 || !answer->size) {
		snprintf(text, sizeof(text), "the %s answered with HTTP status %u",
			 updater->config.sender, answer->status);
		fail(updater, text);
		/* Perhaps the roll-out has ended. */
		rollout_updater_ask(updater);
	} else {
		submit(updater, answer->body, answer->size);
	}
}

static void ask_for_part(struct rollout_updater *updater)
{
	char path[256];
	const struct rollout_request request = {.method = "GET", .path = path};

	if (!rollout_updater_begun(updater)) {
		rollout_updater_end(updater);
		return;
	}
	snprintf(path, sizeof(path), "/api/v1/uplink/bundle?node=%s&digest=%s&offset=%" PRIu64,
		 updater->config.node, updater->busy_digest, updater->offset);
	if (updater->config.request(updater->config.arg, &request, on_part, updater,
				    &updater->fetching)) {
		updater->fetching = NULL;
		updater->busy = NULL;
	}
}

void rollout_updater_fetch(struct rollout_updater *updater)
{
	updater->offset = 0;
	submit(updater, NULL, 0);
}

static void on_unlinked(uv_fs_t *request)
{
	uv_fs_req_cleanup(request);
	free(request);
}

void rollout_updater_forget(struct rollout_updater *updater, const char *digest)
{
	char path[PATH_MAX + BUNDLE_DIGEST_SIZE + 8];
	uv_fs_t *request = malloc(sizeof(*request));

	make_path(updater, digest, path, sizeof(path));
	if (request && uv_fs_unlink(updater->config.loop, request, path, on_unlinked))
		free(request);
}
