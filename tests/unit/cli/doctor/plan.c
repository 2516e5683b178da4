/* The steps of `harvester doctor --fix`, on a machine that is a folder; modprobe and usermod are
 * programs in it that write down how they were called. */
#include "cli/doctor/plan.h"

#include "../../plugin/folder.h"
#include "base/error.h"
#include "cli/doctor/fix.h"

#define FILE_NAME "etc/modules-load.d/harvester.conf"
#define HEAD "# Written by `harvester doctor --fix`: the drivers of this node's buses.\n"

static const struct doctor_module i2c = {"i2c-dev", "/dev/i2c-*", "air", false, false};
static const struct doctor_module spi = {"spidev", "/dev/spidev*", "[leds]", false, false};
static const struct doctor_module no_spi = {"spidev", "/dev/spidev*", "", false, false};
static const struct doctor_module loaded_i2c = {"i2c-dev", "/dev/i2c-*", "air", true, true};

static void make_program(const struct folder *folder, const char *name, int status)
{
	char script[256];

	snprintf(script, sizeof(script),
		 "#!/bin/sh\necho \"$(basename \"$0\") $*\" >>%s\necho 'it went so'\nexit %d\n",
		 at(folder, "calls"), status);
	make_file(folder, name, script);
	assert_int_equal(chmod(at(folder, name), 0700), 0);
}

static int setup(void **state)
{
	const struct folder *folder;
	char path[4200];

	if (folder_setup(state))
		return -1;
	folder = *state;
	make_folder(folder, "etc");
	make_folder(folder, "etc/modules-load.d");
	make_program(folder, "modprobe", 0);
	make_program(folder, "usermod", 0);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", folder->path);
	setenv("PATH", path, 1);
	return 0;
}

static void expect_file(const struct folder *folder, const char *name, const char *text)
{
	struct buffer file;

	assert_int_equal(buffer_read_file(&file, at(folder, name), 100000, NULL), 0);
	assert_string_equal(file.data ? file.data : "", text);
	buffer_finish(&file);
}

/* Run a plan for the setup; what it prints is compared. Returns whether all was done. */
static bool run(const struct folder *folder, const struct doctor_setup *setup, const char *input,
		const char *expected)
{
	struct doctor_plan plan;
	size_t size = 0;
	char *printed = NULL;
	FILE *out = open_memstream(&printed, &size);
	FILE *in = input ? fmemopen((void *)(uintptr_t)input, strlen(input), "r") : NULL;
	bool is_all_done;

	assert_int_equal(doctor_plan_make(setup, folder->path, &plan, NULL), 0);
	is_all_done = doctor_plan_run(&plan, in, out, !input);
	doctor_plan_finish(&plan);
	fclose(out);
	if (in)
		fclose(in);
	if (expected)
		assert_string_equal(printed, expected);
	free(printed);
	return is_all_done;
}

static void test_nothing_to_do(void **state)
{
	struct doctor_setup have = {.modules = {loaded_i2c, no_spi}};
	const struct folder *folder = *state;

	have.groups = (struct doctor_groups){.user = "ada",
					     .is_known = true,
					     .items = {{"i2c", true, true, true}, {.name = "spi"}}};
	assert_true(run(folder, &have, "", ""));
	assert_false(exists(folder, FILE_NAME));
	assert_false(exists(folder, "calls"));
}

static void test_each_step_is_asked(void **state)
{
	struct doctor_setup have = {.modules = {i2c, spi}};
	const struct folder *folder = *state;
	struct stat status;
	char expected[1024];

	have.groups = (struct doctor_groups){.user = "ada",
					     .is_known = true,
					     .items = {{"i2c", true, false, false},
						       {.name = "spi"},
						       {"gpio", true, true, true},
						       {"dialout", true, false, false}}};
	snprintf(expected, sizeof(expected),
		 "Write %s:\n"
		 "    # Written by `harvester doctor --fix`: the drivers of this node's buses.\n"
		 "    i2c-dev\n"
		 "    spidev\n"
		 "Do this? [y/N]     done\n"
		 "Run modprobe i2c-dev\n"
		 "Do this? [y/N]     not done: the answer was not yes\n"
		 "Run modprobe spidev\n"
		 "Do this? [y/N]     done\n"
		 "Run usermod -aG i2c ada\n"
		 "Do this? [y/N]     done\n"
		 "Run usermod -aG dialout ada\n"
		 "Do this? [y/N] \n"
		 "    not done: the answer was not yes\n",
		 at(folder, FILE_NAME));
	assert_false(run(folder, &have, "y\nyes, of course, y\ny\nYES\n", expected));
	expect_file(folder, FILE_NAME, HEAD "i2c-dev\nspidev\n");
	assert_int_equal(stat(at(folder, FILE_NAME), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0644);
	expect_file(folder, "calls", "modprobe spidev\nusermod -aG i2c ada\n");
}

static void test_declined(void **state)
{
	const struct doctor_setup have = {.modules = {i2c, spi}};
	const struct folder *folder = *state;

	assert_false(run(folder, &have, "\nn\nno\n", NULL));
	assert_false(exists(folder, FILE_NAME));
	assert_false(exists(folder, "calls"));
}

static void test_yes_asks_nothing(void **state)
{
	const struct doctor_setup have = {.modules = {loaded_i2c, spi}};
	const struct folder *folder = *state;

	assert_true(run(folder, &have, NULL, NULL));
	expect_file(folder, FILE_NAME, HEAD "spidev\n");
	expect_file(folder, "calls", "modprobe spidev\n");
}

/* Lines of a person stay, and no module is listed twice. */
static void test_file_exists(void **state)
{
	const struct doctor_setup have = {.modules = {i2c, spi}};
	const struct folder *folder = *state;

	make_file(folder, FILE_NAME, "# mine\n  spidev \n#i2c-dev\ni2c-dev-other");
	assert_true(run(folder, &have, NULL, NULL));
	expect_file(folder, FILE_NAME, "# mine\n  spidev \n#i2c-dev\ni2c-dev-other\ni2c-dev\n");
	/* Nothing to write now. */
	assert_true(run(folder, &have, NULL,
			"Run modprobe i2c-dev\n    done\nRun modprobe spidev\n    done\n"));
}

static void test_file_too_large(void **state)
{
	const struct doctor_setup have = {.modules = {i2c, spi}};
	const struct folder *folder = *state;
	static char text[DOCTOR_MODULES_FILE_SIZE_MAX + 1];
	struct doctor_plan plan;
	struct error err = {0};

	memset(text, '#', sizeof(text));
	make_data(folder, FILE_NAME, text, sizeof(text));
	assert_int_equal(doctor_plan_make(&have, folder->path, &plan, &err), ERROR_TOO_LARGE);
	assert_non_null(strstr(err.text, FILE_NAME));
	doctor_plan_finish(&plan);
	make_data(folder, FILE_NAME, text, sizeof(text) - 1);
	assert_int_equal(doctor_plan_make(&have, folder->path, &plan, &err), 0);
	assert_int_equal(plan.count, 3);
	assert_int_equal(plan.file.size, sizeof(text) - 1 + strlen("\ni2c-dev\nspidev\n"));
	doctor_plan_finish(&plan);
}

static void test_failures(void **state)
{
	struct doctor_setup have = {.modules = {i2c, no_spi}};
	const struct folder *folder = *state;
	char expected[1024];

	have.groups = (struct doctor_groups){
		.user = "ada", .is_known = true, .items = {{"i2c", true, false, false}}};
	make_program(folder, "modprobe", 1);
	unlink(at(folder, "usermod"));
	setenv("PATH", folder->path, 1); /* without the machine's own usermod */
	make_file(folder, "modprobe", "#!/bin/sh\necho 'no module i2c-dev'\necho more\nexit 1\n");
	rmdir(at(folder, "etc/modules-load.d"));
	snprintf(expected, sizeof(expected),
		 "Run modprobe i2c-dev\n    failed: modprobe failed with status 1: no module "
		 "i2c-dev\nRun usermod -aG i2c ada\n    failed: usermod is not in PATH: install "
		 "it, or add its folder (usually /usr/sbin) to PATH\n");
	struct doctor_plan plan;
	size_t size = 0;
	char *printed = NULL;
	FILE *out = open_memstream(&printed, &size);

	assert_int_equal(doctor_plan_make(&have, folder->path, &plan, NULL), 0);
	assert_false(doctor_plan_run(&plan, NULL, out, true));
	doctor_plan_finish(&plan);
	fclose(out);
	assert_non_null(strstr(printed, "    failed: "));
	assert_non_null(strstr(printed, "etc/modules-load.d"));
	assert_non_null(strstr(printed, expected));
	free(printed);
}

static void expect_rest(const struct doctor_plan *plan, const struct doctor_setup *setup,
			const struct doctor_module *now, const char *expected)
{
	size_t size = 0;
	char *printed = NULL;
	FILE *out = open_memstream(&printed, &size);

	doctor_fix_print_rest(plan, setup, now, out);
	fclose(out);
	assert_string_equal(printed, expected);
	free(printed);
}

static void test_what_is_left(void **state)
{
	const struct doctor_module without_bus = {"i2c-dev", "/dev/i2c-*", "air", true, false};
	const struct doctor_module well[] = {loaded_i2c, no_spi}, bad[] = {i2c, no_spi};
	const struct doctor_module no_bus[] = {without_bus, no_spi};
	struct doctor_setup have = {.groups.user = "ada"};
	struct doctor_plan plan = {.count = 3};

	(void)state;
	plan.steps[1].args[0] = "modprobe";
	plan.steps[2].args[0] = "usermod";
	expect_rest(&plan, &have, bad, "");
	plan.steps[0].result = DOCTOR_DONE;
	expect_rest(&plan, &have, bad,
		    "To do: reboot; the modules in the new file are loaded then, if the kernel has "
		    "them\n");
	plan.steps[1].result = DOCTOR_DONE;
	expect_rest(&plan, &have, well, "");
	expect_rest(&plan, &have, no_bus,
		    "To do: there is no /dev/i2c-*: enable the bus (on a Raspberry Pi in "
		    "raspi-config), then reboot\n");
	plan.steps[2].result = DOCTOR_DONE;
	expect_rest(&plan, &have, well,
		    "To do: log in again as ada, then start the node again; what runs already is "
		    "not in the new groups\n");
	have.service = (struct doctor_service){.load = "loaded", .user = "ada"};
	expect_rest(&plan, &have, well,
		    "To do: `sudo systemctl restart harvester`; a node that runs already does not "
		    "see the change\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_to_do, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_each_step_is_asked, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_declined, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_yes_asks_nothing, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_file_exists, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_file_too_large, setup, folder_teardown),
		cmocka_unit_test_setup_teardown(test_failures, setup, folder_teardown),
		cmocka_unit_test(test_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
