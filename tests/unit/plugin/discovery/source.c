#include "folder.h"

#include "base/error.h"
#include "plugin/discovery/source.h"

static struct plugin_source open_source(const struct folder *folder, const char *name)
{
	struct plugin_source source;
	struct error err = {0};

	if (plugin_source_open(at(folder, name), &source, &err))
		fail_msg("%s", err.text);
	return source;
}

/* "path=text" for each file, in order. */
static void assert_script(const struct folder *folder, const char *name, const char *expected)
{
	struct plugin_source source = open_source(folder, name);
	char got[1024] = "", *end = got;
	struct error err = {0};
	cbor_item_t *files;

	if (plugin_source_read_script(&source, &files, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < cbor_array_size(files); i++) {
		cbor_item_t **pair = cbor_array_handle(cbor_array_handle(files)[i]);

		assert_int_equal(cbor_array_size(cbor_array_handle(files)[i]), 2);
		end += snprintf(end, 128, "%.*s=%.*s\n", (int)cbor_string_length(pair[0]),
				cbor_string_handle(pair[0]), (int)cbor_string_length(pair[1]),
				cbor_string_handle(pair[1]));
	}
	assert_string_equal(got, expected);
	cbor_decref(&files);
	plugin_source_finish(&source);
}

/* expected: the text of the error behind the test's folder and "/". */
static void assert_script_error(const struct folder *folder, const char *name, int code,
				const char *expected)
{
	struct plugin_source source = open_source(folder, name);
	struct error err = {0};
	uint8_t digest[32];
	cbor_item_t *files;

	assert_int_equal(plugin_source_read_script(&source, &files, &err), code);
	assert_string_equal(err.text + strlen(folder->path) + 1, expected);
	assert_int_equal(plugin_source_read_script(&source, &files, NULL), code);
	assert_int_equal(plugin_source_digest(&source, digest, NULL), code);
	plugin_source_finish(&source);
}

static void test_single_file(void **state)
{
	make_file(*state, "x.py", "a = 1");
	make_file(*state, "y.py", "b = 1");
	assert_script(*state, "x.py", "x.py=a = 1\n");
	make_file(*state, "x.py", "");
	assert_script(*state, "x.py", "x.py=\n");
}

static void test_folder(void **state)
{
	const struct folder *folder = *state;

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "main");
	make_file(folder, "x/helper.py", "help");
	make_file(folder, "x/_private.py", "own");
	make_file(folder, "x/permission.toml", "allow_fan = true");
	make_file(folder, "x/old.py~", "old");
	make_file(folder, "x/.swap.py", "swap");
	make_file(folder, "x/new.py.tmp", "new");
	make_folder(folder, "x/__pycache__");
	make_file(folder, "x/__pycache__/cached.py", "cache");
	make_folder(folder, "x/lib");
	make_folder(folder, "x/lib/pkg");
	make_file(folder, "x/lib/pkg/__init__.py", "init");
	make_file(folder, "x/lib/pkg/mod.py", "mod");
	make_file(folder, "x/lib/pkg/table.json", "{}");
	assert_script(folder, "x",
		      "plugin.py=main\n"
		      "_private.py=own\n"
		      "helper.py=help\n"
		      "lib/pkg/__init__.py=init\n"
		      "lib/pkg/mod.py=mod\n");
}

static void test_text(void **state)
{
	const struct folder *folder = *state;

	make_file(folder, "x.py", "\xEF\xBB\xBF# caf\xC3\xA9");
	assert_script(folder, "x.py", "x.py=# caf\xC3\xA9\n");
	make_file(folder, "x.py", "\xEF\xBB\xBF");
	assert_script(folder, "x.py", "x.py=\n");
	make_file(folder, "x.py", "# caf\xE9");
	assert_script_error(folder, "x.py", ERROR_MALFORMED,
			    "x.py is not UTF-8 text; save it as UTF-8");
	make_file(folder, "x.py", "\xED\xA0\x80"); /* a surrogate */
	assert_script_error(folder, "x.py", ERROR_MALFORMED,
			    "x.py is not UTF-8 text; save it as UTF-8");
	make_folder(folder, "y");
	make_file(folder, "y/plugin.py", "");
	make_file(folder, "y/\xE9.py", "");
	assert_script_error(folder, "y", ERROR_MALFORMED,
			    "y/?.py: the name of this file is not UTF-8; rename the file");
}

static void test_refused(void **state)
{
	const struct folder *folder = *state;

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "");
	make_folder(folder, "x/lib");
	make_file(folder, "x/lib/_speedups.cpython-311.so", "");
	assert_script_error(folder, "x", ERROR_UNSUPPORTED,
			    "x/lib/_speedups.cpython-311.so is a compiled extension; only "
			    "pure-Python packages run in the sandbox");
	unlink(at(folder, "x/lib/_speedups.cpython-311.so"));
	make_link(folder, "x/lib/secret.py", "/etc/passwd");
	assert_script_error(folder, "x", ERROR_UNSUPPORTED,
			    "x/lib/secret.py is a symbolic link; use a real file");
	unlink(at(folder, "x/lib/secret.py"));
	make_link(folder, "x/lib/etc", "/etc");
	assert_script_error(folder, "x", ERROR_UNSUPPORTED,
			    "x/lib/etc is a symbolic link; use a real file");
	unlink(at(folder, "x/lib/etc"));
	assert_int_equal(mkfifo(at(folder, "x/pipe.py"), 0600), 0);
	assert_script_error(folder, "x", ERROR_UNSUPPORTED,
			    "x/pipe.py is not a regular file; use a regular file");
}

/* What the scan saw may be something else by the time that it is read. */
static void test_swapped(void **state)
{
	const struct folder *folder = *state;
	struct plugin_source source;
	struct error err = {0};
	cbor_item_t *files;

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "");
	source = open_source(folder, "x");
	unlink(at(folder, "x/plugin.py"));
	assert_int_equal(plugin_source_read_script(&source, &files, &err), ERROR_NOT_FOUND);
	assert_string_equal(err.text + strlen(folder->path),
			    "/x/plugin.py is missing: put it back, or remove the plugin");
	rmdir(at(folder, "x"));
	assert_int_equal(plugin_source_read_script(&source, &files, &err), ERROR_NOT_FOUND);
	make_link(folder, "x", "/etc");
	assert_int_not_equal(plugin_source_read_script(&source, &files, &err), 0);
	plugin_source_finish(&source);
}

static void test_total_limit(void **state)
{
	const struct folder *folder = *state;
	size_t size = PLUGIN_SOURCE_MAX - strlen("x.py");
	char *text = malloc(size + 1);
	struct plugin_source source;
	cbor_item_t *files;

	memset(text, '#', size + 1);
	make_data(folder, "x.py", text, size);
	source = open_source(folder, "x.py");
	assert_int_equal(plugin_source_read_script(&source, &files, NULL), 0);
	cbor_decref(&files);
	plugin_source_finish(&source);
	make_data(folder, "x.py", text, size + 1);
	assert_script_error(folder, "x.py", ERROR_TOO_LARGE,
			    "x.py: the plugin's sources are larger than 3145728 bytes; move what "
			    "is not part of it elsewhere");
	free(text);
}

static void test_count_limit(void **state)
{
	const struct folder *folder = *state;
	struct plugin_source source;
	struct error err = {0};
	cbor_item_t *files;
	char name[32];

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "");
	for (int i = 1; i < PLUGIN_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "x/m%d.py", i);
		make_file(folder, name, "");
	}
	source = open_source(folder, "x");
	assert_int_equal(plugin_source_read_script(&source, &files, &err), 0);
	assert_int_equal(cbor_array_size(files), PLUGIN_FILES_MAX);
	cbor_decref(&files);
	make_file(folder, "x/more.py", "");
	assert_int_equal(plugin_source_read_script(&source, &files, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(
		err.text,
		".py: the plugin has more than 2000 files; move what is not part of it elsewhere"));
	plugin_source_finish(&source);
}

static void test_depth_limit(void **state)
{
	const struct folder *folder = *state;
	char path[128] = "x";

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "");
	for (int depth = 1; depth < PLUGIN_DEPTH_MAX; depth++) {
		snprintf(path + strlen(path), 8, "/d");
		make_folder(folder, path);
	}
	assert_script(folder, "x", "plugin.py=\n");
	snprintf(path + strlen(path), 8, "/m.py");
	make_file(folder, path, "deep");
	assert_script(folder, "x", "plugin.py=\nd/d/d/d/d/d/d/d/d/d/d/d/d/d/d/m.py=deep\n");
	path[strlen(path) - 5] = '\0';
	snprintf(path + strlen(path), 8, "/d");
	make_folder(folder, path);
	assert_script_error(
		folder, "x", ERROR_TOO_LARGE,
		"x/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d: the plugin has folders more than 15 "
		"deep; move them up");
}

static void test_component(void **state)
{
	const struct folder *folder = *state;
	struct plugin_source source;
	struct error err = {0};
	cbor_item_t *files;

	make_file(folder, "x.wasm", "bytes");
	source = open_source(folder, "x.wasm");
	assert_int_equal(plugin_source_read_script(&source, &files, &err), ERROR_INVALID);
	assert_non_null(strstr(err.text, "x.wasm is not a .py plugin"));
	plugin_source_finish(&source);
}

static void digest_of(const struct folder *folder, const char *name, uint8_t ret_digest[32])
{
	struct plugin_source source = open_source(folder, name);

	assert_int_equal(plugin_source_digest(&source, ret_digest, NULL), 0);
	plugin_source_finish(&source);
}

static void test_digest(void **state)
{
	/* FIPS 180-2, B.1 */
	static const uint8_t abc[32] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
		0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	const struct folder *folder = *state;
	uint8_t first[32], second[32];

	make_file(folder, "x.wasm", "abc");
	digest_of(folder, "x.wasm", first);
	assert_memory_equal(first, abc, sizeof(abc));

	/* The same bytes, cut in another place. */
	make_folder(folder, "y");
	make_file(folder, "y/plugin.py", "ab");
	make_file(folder, "y/z.py", "c");
	digest_of(folder, "y", first);
	make_file(folder, "y/plugin.py", "a");
	make_file(folder, "y/z.py", "bc");
	digest_of(folder, "y", second);
	assert_memory_not_equal(first, second, 32);
	make_file(folder, "y/permission.toml", "allow_fan = true"); /* does not run */
	digest_of(folder, "y", first);
	assert_memory_equal(first, second, 32);
}

static struct plugin_fingerprint fingerprint(const struct plugin_source *source)
{
	struct plugin_fingerprint got;

	assert_int_equal(plugin_source_fingerprint(source, &got), 0);
	return got;
}

static void assert_changed(const struct plugin_source *source, struct plugin_fingerprint *last,
			   int changed)
{
	struct plugin_fingerprint now = fingerprint(source);

	assert_int_equal(memcmp(&now, last, sizeof(now)) != 0, changed);
	*last = now;
}

static void set_time(const struct folder *folder, const char *name, long ns)
{
	const struct timespec times[2] = {{.tv_sec = 1, .tv_nsec = ns},
					  {.tv_sec = 1, .tv_nsec = ns}};

	assert_int_equal(utimensat(AT_FDCWD, at(folder, name), times, 0), 0);
}

static void test_fingerprint(void **state)
{
	const struct folder *folder = *state;
	struct plugin_fingerprint last;
	struct plugin_source source;

	make_folder(folder, "x");
	make_file(folder, "x/plugin.py", "a");
	make_folder(folder, "x/lib");
	make_file(folder, "x/lib/m.py", "a");
	source = open_source(folder, "x");
	last = fingerprint(&source);
	assert_changed(&source, &last, 0);

	set_time(folder, "x/plugin.py", 1);
	assert_changed(&source, &last, 1);
	set_time(folder, "x/plugin.py", 2); /* a nanosecond later, the same size */
	assert_changed(&source, &last, 1);
	make_file(folder, "x/lib/m.py", "ab");
	assert_changed(&source, &last, 1);
	rename(at(folder, "x/lib/m.py"), at(folder, "x/lib/n.py"));
	assert_changed(&source, &last, 1);
	unlink(at(folder, "x/lib/n.py"));
	assert_changed(&source, &last, 1);
	make_file(folder, "x/permission.toml", "");
	assert_changed(&source, &last, 1);
	set_time(folder, "x/permission.toml", 7);
	assert_changed(&source, &last, 1);

	/* Faults that reading reports are changes like others. */
	make_link(folder, "x/lib/l", "/etc");
	assert_changed(&source, &last, 1);
	make_file(folder, "x/lib/s.so", "");
	assert_changed(&source, &last, 1);
	unlink(at(folder, "x/lib/s.so"));
	assert_changed(&source, &last, 1);

	/* Nobody runs these. */
	make_file(folder, "x/README.md", "text");
	make_folder(folder, "x/__pycache__");
	make_file(folder, "x/__pycache__/plugin.py", "");
	make_file(folder, "x/.plugin.py.swp", "");
	assert_changed(&source, &last, 0);

	unlink(at(folder, "x/plugin.py"));
	assert_int_equal(plugin_source_fingerprint(&source, &last), ERROR_NOT_FOUND);
	plugin_source_finish(&source);
}

static void test_fingerprint_single(void **state)
{
	const struct folder *folder = *state;
	struct plugin_fingerprint last;
	struct plugin_source source;

	make_file(folder, "x.wasm", "a");
	make_file(folder, "new.wasm", "a");
	set_time(folder, "x.wasm", 1);
	set_time(folder, "new.wasm", 1);
	source = open_source(folder, "x.wasm");
	last = fingerprint(&source);
	make_file(folder, "y.py", "");
	assert_changed(&source, &last, 0);
	rename(at(folder, "new.wasm"), at(folder, "x.wasm")); /* another inode alone */
	assert_changed(&source, &last, 1);
	make_file(folder, "x.permission.toml", "");
	assert_changed(&source, &last, 1);
	plugin_source_finish(&source);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, folder_setup, folder_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_single_file), TEST(test_folder),	TEST(test_text),
		TEST(test_refused),	TEST(test_swapped),	TEST(test_total_limit),
		TEST(test_count_limit), TEST(test_depth_limit), TEST(test_component),
		TEST(test_digest),	TEST(test_fingerprint), TEST(test_fingerprint_single),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
