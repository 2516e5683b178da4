/*
 * What a node takes from its hub for roll-outs: messages, one after the other, each of a byte that
 * says which it is (the node asks, the hub's answer, a part of a bundle, what the store of bundles
 * says, a request that fails, a restart of the node), its length, and the body. The hub is not
 * trusted: whatever it sends, only a file with the announced SHA-256 comes to the store, and the
 * numbers of desired states never go back.
 */
#include "rollout/node/updater.h"

#include <dirent.h>

#include "base/text.h"
#include "bundle/read.h"
#include "far_hub.h"
#include "fuzz.h"

#define MESSAGES_MAX 24

enum message { ASK, ANSWER, PART, STORE, FAIL, RESTART, MESSAGES };

struct bench {
	struct far_hub hub;
	uint64_t seen;
};

static char folder[] = "/tmp/harvester-fuzz-XXXXXX", updates[sizeof(folder) + 8];

static void remove_updates(void)
{
	DIR *dir = opendir(updates);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_REG)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static void remove_folder(void)
{
	remove_updates();
	rmdir(updates);
	rmdir(folder);
}

static void make_folder(void)
{
	CHECK(mkdtemp(folder));
	snprintf(updates, sizeof(updates), "%s/updates", folder);
	CHECK(!atexit(remove_folder));
}

static void start_node(struct bench *bench)
{
	memset(&bench->hub, 0, sizeof(bench->hub));
	CHECK(!far_hub_open(&bench->hub, folder, "hub"));
}

static void restart_node(struct bench *bench)
{
	CHECK(!far_hub_close(&bench->hub));
	start_node(bench);
	CHECK(bench->hub.updater->seen == bench->seen);
	rollout_updater_greet(bench->hub.updater, true, true);
}

/* A byte for the code, and one for what the store says of the version from now on. */
static void answer_of_store(struct bench *bench, struct feed *feed)
{
	unsigned code = feed_u8(feed) % 3;

	bench->hub.store.progress = (enum bundle_progress)(feed_u8(feed) % (BUNDLE_FAILED + 1));
	if (bench->hub.store.on_undone)
		far_hub_undone(&bench->hub, code ? ERROR_CHECKSUM : 0, "1.0");
	else
		far_hub_installed(&bench->hub, code ? ERROR_BUSY : 0, code == 2 ? "GPIO4" : NULL);
	rollout_updater_note_change(bench->hub.updater, "lamp");
}

/* `body` is followed by a 0 byte, as libcurl's is. */
static void take_message(struct bench *bench, enum message message, const char *body, size_t size)
{
	struct feed feed = {(const uint8_t *)body, size};
	struct far_hub *hub = &bench->hub;

	if (message == ASK)
		rollout_updater_greet(hub->updater, false, true);
	else if (message == ANSWER)
		far_hub_answer(hub, &hub->question, 200, body, size);
	else if (message == PART)
		far_hub_answer(hub, &hub->part, 200, body, size);
	else if (message == STORE)
		answer_of_store(bench, &feed);
	else if (message == FAIL)
		far_hub_fail(hub, feed_u8(&feed) & 1 ? &hub->part : &hub->question);
	else if (message == RESTART)
		restart_node(bench);
	far_hub_run(&bench->hub);
}

static void check_want(const struct rollout_want *want)
{
	char cleaned[ROLLOUT_REASON_SIZE];

	CHECK(bundle_is_name(want->name) && bundle_is_digest(want->digest));
	CHECK(bundle_is_version(want->version));
	CHECK(want->number && want->size && want->size <= BUNDLE_SIZE_MAX);
	text_clean(cleaned, sizeof(cleaned), want->reason, strlen(want->reason));
	CHECK(!strcmp(cleaned, want->reason));
}

static void check(struct bench *bench)
{
	const struct rollout_updater *updater = bench->hub.updater;

	CHECK(updater->seen >= bench->seen);
	bench->seen = updater->seen;
	if (bench->hub.store.on_installed)
		CHECK(!strcmp(bench->hub.store.installed, updater->busy_digest));
	CHECK(updater->count <= ROLLOUT_PLUGINS_MAX);
	CHECK(json_array_size(updater->refusals) <= ROLLOUT_PLUGINS_MAX);
	for (size_t i = 0; i < updater->count; i++) {
		check_want(&updater->wants[i]);
		CHECK(updater->wants[i].number <= updater->seen);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench bench;
	struct feed feed = {data, size};

	if (!*updates)
		make_folder();
	remove_updates();
	bench.seen = 0;
	start_node(&bench);
	for (int i = 0; i < MESSAGES_MAX && feed.size; i++) {
		unsigned kind = feed_u8(&feed);
		size_t got, wanted = feed_u16(&feed);
		const uint8_t *bytes = feed_bytes(&feed, wanted, &got);
		char *body = malloc(got + 1);

		CHECK(body);
		memcpy(body, bytes, got);
		body[got] = '\0';
		take_message(&bench, kind % MESSAGES, body, got);
		free(body);
		check(&bench);
	}
	CHECK(!far_hub_close(&bench.hub));
	return 0;
}
