#include "plugin/policy/approvals.h"

#include "base/buffer.h"
#include "base/error.h"
#include "folder.h"
#include "plugin/policy/grant.h"

#define NAME_64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct permission ask(const char *text)
{
	struct permission permission;

	assert_int_equal(permission_parse(text, strlen(text), "p.toml", &permission, NULL), 0);
	return permission;
}

static struct approvals *open_approvals(const struct folder *folder)
{
	struct approvals *approvals;
	struct error err = {0};
	int ret = approvals_create(at(folder, "data"), &approvals, &err);

	assert_string_equal(err.text, "");
	assert_int_equal(ret, 0);
	return approvals;
}

static void approve(const struct approvals *approvals, const char *name, const char *request)
{
	struct permission permission = ask(request);

	assert_int_equal(approvals_add(approvals, name, &permission, NULL), 0);
}

static void assert_check(const struct approvals *approvals, const char *name, const char *request,
			 int code, const char *expected)
{
	struct permission permission = ask(request);
	struct error err = {0};

	assert_int_equal(approvals_check(approvals, name, &permission, &err), code);
	assert_string_equal(err.text, expected);
}

static void test_equal_or_less_passes(void **state)
{
	struct approvals *approvals = open_approvals(*state);

	approve(approvals, "p",
		"allow_i2c = [0x77, 0x76]\nallow_gpio = [4]\nmemory_mb = 128\nallow_leds = true\n"
		"deadline_seconds = 0.1\n");
	assert_check(approvals, "p",
		     "deadline_seconds = 0.1\nallow_leds = true\nmemory_mb = 128\n"
		     "allow_gpio = [4]\nallow_i2c = [0x76, 0x77]\n",
		     0, "");
	assert_check(approvals, "p", "allow_i2c = [0x77]\nallow_gpio_in = [4]\n", 0, "");
	assert_check(approvals, "p", "", 0, "");
	approvals_destroy(approvals);
}

static void test_new_and_wider_requests_wait(void **state)
{
	struct approvals *approvals = open_approvals(*state);

	assert_check(approvals, "p", "allow_i2c = [0x77]\nallow_leds = true\n", ERROR_NOT_FOUND,
		     "waiting for approval of i2c 0x77, LEDs; approve it on the page or with "
		     "`harvester plugin approve p`");
	approve(approvals, "p", "allow_i2c = [0x77]\n");
	assert_check(approvals, "p", "allow_i2c = [0x40, 0x77]\nallow_gpio_out = [4]\n",
		     ERROR_NOT_GRANTED,
		     "waiting for approval of i2c 0x40, GPIO4 as output, new since the last "
		     "approval; approve it on the page or with `harvester plugin approve p`");
	assert_check(approvals, "p", "allow_i2c = [0x77]\nmemory_mb = 65\n", ERROR_NOT_GRANTED,
		     "waiting for approval of 65 MB of memory instead of 64 MB, new since the last "
		     "approval; approve it on the page or with `harvester plugin approve p`");
	/* Another one's approval is no use. */
	assert_check(approvals, "q", "allow_i2c = [0x77]\n", ERROR_NOT_FOUND,
		     "waiting for approval of i2c 0x77; approve it on the page or with "
		     "`harvester plugin approve q`");
	/* A later approval takes the place of the one before. */
	approve(approvals, "p", "allow_fan = true\n");
	assert_check(approvals, "p", "allow_i2c = [0x77]\n", ERROR_NOT_GRANTED,
		     "waiting for approval of i2c 0x77, new since the last approval; approve it on "
		     "the page or with `harvester plugin approve p`");
	approvals_destroy(approvals);
}

/* To ask for nothing needs nobody's consent. */
static void test_nothing_is_always_approved(void **state)
{
	struct approvals *approvals = open_approvals(*state);

	assert_check(approvals, "p", "", 0, "");
	assert_check(approvals, "p", "memory_mb = 8\nstate_kb = 0\n", 0, "");
	assert_check(
		approvals, "p", "poll_interval_seconds = 1\n", ERROR_NOT_FOUND,
		"waiting for approval of a poll every 1 s instead of the usual time; approve it "
		"on the page or with `harvester plugin approve p`");
	approvals_destroy(approvals);
}

static void test_kept_for_another_process(void **state)
{
	struct approvals *first = open_approvals(*state), *second = open_approvals(*state);
	struct permission permission;
	struct stat stat_buffer;

	approve(first, "a.b-c_D", "allow_fan = true\n");
	assert_check(second, "a.b-c_D", "allow_fan = true\n", 0, "");
	assert_int_equal(approvals_read(second, "a.b-c_D", &permission, NULL), 0);
	assert_true(permission.fan && !permission.leds);
	assert_int_equal(stat(at(*state, "data/approvals/a.b-c_D.json"), &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0600);
	assert_int_equal(stat(at(*state, "data/approvals"), &stat_buffer), 0);
	assert_int_equal(stat_buffer.st_mode & 07777, 0700);
	assert_string_equal(approvals_folder(first), at(*state, "data/approvals"));
	approvals_destroy(first);
	approvals_destroy(second);
}

static void test_remove(void **state)
{
	struct approvals *approvals = open_approvals(*state);
	struct error err = {0};
	char expected[256];

	approve(approvals, "p", "allow_fan = true\n");
	assert_int_equal(approvals_remove(approvals, "p", NULL), 0);
	assert_check(
		approvals, "p", "allow_fan = true\n", ERROR_NOT_FOUND,
		"waiting for approval of fan; approve it on the page or with `harvester plugin "
		"approve p`");
	assert_int_equal(approvals_remove(approvals, "p", &err), ERROR_NOT_FOUND);
	snprintf(expected, sizeof(expected),
		 "%s/p.json: cannot delete this file (check the owner of the folder): No such file "
		 "or directory",
		 at(*state, "data/approvals"));
	assert_string_equal(err.text, expected);
	approvals_destroy(approvals);
}

static void test_no_name_leaves_the_folder(void **state)
{
	static const char *const names[] = {"",	      "..",  ".hidden", "../p",	     "a/b",
					    "/etc/p", "a b", "a\n",	NAME_64 "a", "\xc3\xa9"};
	struct approvals *approvals = open_approvals(*state);
	struct permission permission = ask("allow_fan = true\n");
	struct error err;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(approvals_add(approvals, names[i], &permission, &err),
				 ERROR_INVALID);
		assert_string_equal(err.text, "a plugin's name has 1 to 64 letters, digits and "
					      "\"-_.\", and does not begin with \".\"");
		assert_int_equal(approvals_remove(approvals, names[i], NULL), ERROR_INVALID);
		assert_int_equal(approvals_check(approvals, names[i], &permission, NULL),
				 ERROR_INVALID);
	}
	assert_int_equal(approvals_add(approvals, NAME_64, &permission, NULL), 0);
	assert_int_equal(approvals_check(approvals, NAME_64, &permission, NULL), 0);
	approvals_destroy(approvals);
}

#define DAMAGED "the approval's file p.json is damaged"

static void assert_unusable(const struct approvals *approvals, int code, const char *why)
{
	char expected[512];

	snprintf(expected, sizeof(expected),
		 "waiting for approval, since the last one cannot be used (%s); approve it on the "
		 "page or with `harvester plugin approve p`",
		 why);
	assert_check(approvals, "p", "allow_fan = true\n", code, expected);
}

static void test_damaged_files(void **state)
{
	struct approvals *approvals = open_approvals(*state);
	struct buffer good;

	approve(approvals, "p", "allow_fan = true\nallow_leds = true\n");
	assert_int_equal(buffer_read_file(&good, at(*state, "data/approvals/p.json"), 65536, NULL),
			 0);
	/* Each cut, and each byte another one. */
	for (size_t i = 0; i < good.size; i++) {
		make_data(*state, "data/approvals/p.json", good.data, i);
		assert_unusable(approvals, ERROR_MALFORMED, DAMAGED);
	}
	for (size_t i = 0; i < good.size; i++) {
		struct permission request = ask("allow_fan = true\n");
		char kept = good.data[i];

		good.data[i] ^= 0x01;
		make_data(*state, "data/approvals/p.json", good.data, good.size);
		assert_int_equal(approvals_check(approvals, "p", &request, NULL), ERROR_MALFORMED);
		good.data[i] = kept;
	}
	make_data(*state, "data/approvals/p.json", good.data, good.size);
	assert_check(approvals, "p", "allow_fan = true\n", 0, "");
	/* Of another plugin. */
	make_data(*state, "data/approvals/q.json", good.data, good.size);
	assert_check(
		approvals, "q", "allow_fan = true\n", ERROR_MALFORMED,
		"waiting for approval, since the last one cannot be used (the approval's file "
		"q.json is damaged); approve it on the page or with `harvester plugin approve q`");
	buffer_finish(&good);
	approve(approvals, "p", "allow_fan = true\n");
	assert_check(approvals, "p", "allow_fan = true\n", 0, "");
	approvals_destroy(approvals);
}

static void test_strange_files(void **state)
{
	struct approvals *approvals = open_approvals(*state);
	const char *path = "data/approvals/p.json";
	static char large[APPROVAL_FILE_SIZE_MAX + 1];

	make_folder(*state, path);
	assert_unusable(approvals, ERROR_UNSUPPORTED,
			"p.json is not a regular file; use a regular file");
	assert_int_equal(rmdir(at(*state, path)), 0);
	approve(approvals, "q", "allow_fan = true\n");
	make_link(*state, path, "q.json");
	assert_unusable(approvals, ERROR_UNSUPPORTED, "p.json is a symbolic link; use a real file");
	/* A new approval replaces the link, not what it points to. */
	approve(approvals, "p", "allow_fan = true\n");
	assert_check(approvals, "q", "allow_fan = true\n", 0, "");
	assert_int_equal(chmod(at(*state, path), 0620), 0);
	assert_unusable(approvals, ERROR_INVALID,
			"p.json may be written by others (mode 0620); check what it says, then run "
			"`chmod go-w` on it");
	assert_int_equal(chmod(at(*state, path), 0600), 0);
	memset(large, ' ', sizeof(large));
	make_data(*state, path, large, sizeof(large) - 1);
	assert_unusable(approvals, ERROR_MALFORMED, DAMAGED);
	make_data(*state, path, large, sizeof(large));
	assert_unusable(approvals, ERROR_TOO_LARGE,
			"p.json is larger than 65536 bytes; make it smaller");
	approvals_destroy(approvals);
}

static void test_leftover_of_a_writer_that_died(void **state)
{
	struct approvals *approvals = open_approvals(*state);
	char name[64];

	snprintf(name, sizeof(name), "data/approvals/.p.json.%d.tmp", getpid());
	make_link(*state, name, "/nonexistent/elsewhere");
	approve(approvals, "p", "allow_fan = true\n");
	assert_check(approvals, "p", "allow_fan = true\n", 0, "");
	assert_false(exists(*state, name));
	approvals_destroy(approvals);
}

static void assert_create_fails(const struct folder *folder, int code, const char *why)
{
	struct approvals *approvals = NULL;
	struct error err = {0};
	char expected[256];

	assert_int_equal(approvals_create(at(folder, "data"), &approvals, &err), code);
	assert_null(approvals);
	snprintf(expected, sizeof(expected), "%s%s", at(folder, "data/approvals"), why);
	assert_string_equal(err.text, expected);
}

static void test_strange_folders(void **state)
{
	make_folder(*state, "data");
	make_folder(*state, "data/approvals");
	assert_int_equal(chmod(at(*state, "data/approvals"), 0770), 0);
	assert_create_fails(*state, ERROR_INVALID,
			    " may be written by others (mode 0770); check what it says, then run "
			    "`chmod go-w` on it");
	assert_int_equal(rmdir(at(*state, "data/approvals")), 0);
	make_folder(*state, "elsewhere");
	make_link(*state, "data/approvals", "../elsewhere");
	assert_create_fails(*state, ERROR_SYSTEM,
			    ": cannot open this folder of the owner's decisions (check its mode "
			    "and owner): Not a directory");
	assert_int_equal(unlink(at(*state, "data/approvals")), 0);
	make_file(*state, "data/approvals", "");
	assert_create_fails(*state, ERROR_SYSTEM,
			    ": cannot open this folder of the owner's decisions (check its mode "
			    "and owner): Not a directory");
	approvals_destroy(NULL);
}

static void test_digest(void **state)
{
	struct permission a = ask("allow_i2c = [0x76, 0x77]\nallow_fan = true\n");
	struct permission b = ask("allow_fan = true\nallow_i2c = [0x77, 118]\nmemory_mb = 64\n");
	struct permission c = ask("allow_fan = true\nallow_i2c = [0x77]\n");
	char one[APPROVAL_DIGEST_SIZE], two[APPROVAL_DIGEST_SIZE], three[APPROVAL_DIGEST_SIZE];

	(void)state;
	assert_int_equal(approvals_digest(&a, one), 0);
	assert_int_equal(approvals_digest(&b, two), 0);
	assert_int_equal(approvals_digest(&c, three), 0);
	assert_int_equal(strlen(one), 64);
	assert_string_equal(one, two);
	assert_string_not_equal(one, three);
}

int main(void)
{
#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
	const struct CMUnitTest tests[] = {
		FOLDER_TEST(test_equal_or_less_passes),
		FOLDER_TEST(test_new_and_wider_requests_wait),
		FOLDER_TEST(test_nothing_is_always_approved),
		FOLDER_TEST(test_kept_for_another_process),
		FOLDER_TEST(test_remove),
		FOLDER_TEST(test_no_name_leaves_the_folder),
		FOLDER_TEST(test_damaged_files),
		FOLDER_TEST(test_strange_files),
		FOLDER_TEST(test_leftover_of_a_writer_that_died),
		FOLDER_TEST(test_strange_folders),
		cmocka_unit_test(test_digest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
