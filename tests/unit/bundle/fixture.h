/*
 * A store of bundles in a folder of its own, and bundles for it: each of the plugin "lamp", with
 * the sources in FOLDER/src/lamp, the store in FOLDER/data and the plugins in FOLDER/plugins.
 */
#ifndef HARVESTER_TESTS_BUNDLE_FIXTURE_H
#define HARVESTER_TESTS_BUNDLE_FIXTURE_H

#include "../plugin/folder.h"
#include "base/error.h"
#include "bundle/build.h"
#include "bundle/internal.h"
#include "config/config.h"

#define NAME "lamp"

struct fixture {
	struct folder folder; /* the first member: folder.h sees the fixture as a folder */
	char data[80], plugins[80];
	struct config config; /* accepts what is not signed, and any request */
};

static inline int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	snprintf(fixture->folder.path, sizeof(fixture->folder.path), "/tmp/harvester-test-XXXXXX");
	*state = fixture;
	if (!mkdtemp(fixture->folder.path))
		return -1;
	snprintf(fixture->data, sizeof(fixture->data), "%s/data", fixture->folder.path);
	snprintf(fixture->plugins, sizeof(fixture->plugins), "%s/plugins", fixture->folder.path);
	make_folder(&fixture->folder, "data");
	make_folder(&fixture->folder, "plugins");
	make_folder(&fixture->folder, "src");
	make_folder(&fixture->folder, "src/" NAME);
	make_folder(&fixture->folder, "src/" NAME "/lib");
	fixture->config.permissions.auto_approve = true;
	return 0;
}

/* Build version N, with N as its counter and in both of its files. A descriptor. */
static inline int make_bundle(struct fixture *fixture, unsigned n, const char *more)
{
	struct bundle_manifest manifest;
	char text[512], name[32];
	struct error err = {0};
	int fd;

	snprintf(text, sizeof(text), "version = \"%u\"\ncounter = %u\n%s", n, n, more);
	make_file(&fixture->folder, "src/" NAME "/bundle.toml", text);
	snprintf(text, sizeof(text), "VERSION = %u\ndef poll():\n    return {\"v\": %u}\n", n, n);
	make_file(&fixture->folder, "src/" NAME "/plugin.py", text);
	snprintf(text, sizeof(text), "VERSION = %u\n", n);
	make_file(&fixture->folder, "src/" NAME "/lib/part.py", text);
	snprintf(name, sizeof(name), "%u.bundle", n);
	fd = open(at(&fixture->folder, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	if (bundle_build(at(&fixture->folder, "src/" NAME), 0, fd, &manifest, &err))
		fail_msg("%s", err.text);
	bundle_manifest_finish(&manifest);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static inline struct bundle_store *open_store(const struct fixture *fixture)
{
	const struct bundle_store_config config = {fixture->data, fixture->plugins};
	struct bundle_store *store = NULL;
	struct error err = {0};

	if (bundle_store_open(&config, &store, &err))
		fail_msg("%s", err.text);
	return store;
}

static inline int install(struct fixture *fixture, int bundle, bool force, struct error *err)
{
	const struct bundle_install install = {
		.config = &fixture->config,
		.time = {.now_ms = 1000, .is_good = true},
		.fd = bundle,
		.shown = "the bundle",
		.force = force,
	};
	struct bundle_store *store = open_store(fixture);
	struct bundle_installed installed = {0};
	int ret;

	assert_int_equal(lseek(bundle, 0, SEEK_SET), 0);
	ret = bundle_store_install(store, &install, &installed, err);
	json_decref(installed.news);
	bundle_store_close(store);
	return ret;
}

static inline void install_version(struct fixture *fixture, unsigned n)
{
	struct error err = {0};
	int fd = make_bundle(fixture, n, "");

	if (install(fixture, fd, false, &err))
		fail_msg("%s", err.text);
	close(fd);
}

static inline struct bundle_record get_record(const struct fixture *fixture)
{
	struct bundle_store *store = open_store(fixture);
	struct bundle_record record = {0};
	struct error err = {0};

	if (bundle_store_get(store, NAME, &record, &err))
		fail_msg("%s", err.text);
	bundle_store_close(store);
	return record;
}

/* The current version passes its probation, or fails in it for this reason. */
static inline void end_probation(const struct fixture *fixture, const char *failure)
{
	const struct bundle_record record = get_record(fixture);
	struct bundle_store *store = open_store(fixture);
	struct bundle_version back;
	struct error err = {0};
	int ret = failure ? bundle_store_fail(store, NAME, record.current, failure, &back, &err)
			  : bundle_store_pass(store, NAME, record.current, &err);

	if (ret)
		fail_msg("%s", err.text);
	bundle_store_close(store);
}

/* The beginning of a file; "" if there is none. */
static inline const char *text_of(const struct fixture *fixture, const char *name)
{
	static char texts[4][256];
	static unsigned turn;
	char *text = texts[turn++ % 4];
	int fd = open(at(&fixture->folder, name), O_RDONLY | O_CLOEXEC);

	memset(text, 0, sizeof(texts[0]));
	if (fd >= 0) {
		assert_true(read(fd, text, sizeof(texts[0]) - 1) >= 0);
		close(fd);
	}
	return text;
}

/* Which version lies in `folder`, below FOLDER; 0 if there is none, or a mixture. */
static inline unsigned version_in(const struct fixture *fixture, const char *folder)
{
	const char *const files[] = {"plugin.py", "lib/part.py"};
	unsigned found[2] = {0};
	char path[128];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		if (sscanf(text_of(fixture, path), "VERSION = %u\n", &found[i]) != 1)
			return 0;
	}
	return found[0] == found[1] ? found[0] : 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, folder_teardown)

#endif
