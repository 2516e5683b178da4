/* Switches that a power cut interrupts: at each moment, on each disk that it may leave. */
#include <ftw.h>
#include <time.h>

#include "base/random.h"
#include "fixture.h"
#include "power.h"

#define EDIT "VERSION = 77\n# the owner's own work\n"

struct scene {
	struct fixture *fixture; /* before the cut */
	unsigned before, after;	 /* versions that may be there; 0: none */
	const char *edit;	 /* text that must not be lost, whatever happens; NULL: none */
	bool is_forced;
};

static void on_problem(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

/* Where the owner's work is: in its place, or beside it. */
static bool has_edit(const struct fixture *fixture, const char *edit)
{
	return !strcmp(text_of(fixture, "plugins/" NAME "/lib/part.py"), edit) ||
	       !strcmp(text_of(fixture, "plugins/." NAME ".changed-here/lib/part.py"), edit);
}

static bool has_left_nothing(const struct fixture *fixture)
{
	return !exists(&fixture->folder, "plugins/." NAME ".new") &&
	       !exists(&fixture->folder, "plugins/." NAME ".out");
}

/* What the node does when it starts again. */
static void settle(const struct scene *scene, struct fixture *image)
{
	struct bundle_store *store = open_store(image);
	struct error err = {0};

	if (scene->is_forced) {
		struct bundle_record record;

		if (bundle_switch_load(store, NAME, true, &record, &err))
			fail_msg("%s", err.text);
	}
	if (bundle_store_settle(store, on_problem, NULL, &err))
		fail_msg("%s", err.text);
	bundle_store_close(store);
}

static unsigned current_version(struct bundle_record *record)
{
	const struct bundle_version *version = bundle_record_find(record, record->current);

	return version ? (unsigned)strtoul(version->version, NULL, 10) : 0;
}

static void assert_whole(const struct scene *scene, struct fixture *image, size_t count)
{
	unsigned found = version_in(image, "plugins/" NAME), current;
	struct bundle_record record;

	/* Before anything is repaired: a node that runs plugins at once has one to run. */
	if (scene->before && scene->after && !found && !scene->edit)
		fail_msg("after change %zu there is no whole version", count);
	settle(scene, image);
	record = get_record(image);
	current = current_version(&record);
	found = version_in(image, "plugins/" NAME);
	if (current != scene->before && current != scene->after)
		fail_msg("after change %zu: version %u", count, current);
	if (found != current && !(scene->edit && current == scene->before))
		fail_msg("after change %zu: version %u in the place of %u", count, found, current);
	if (current == scene->after && scene->after) {
		assert_true(record.is_on_probation);
		assert_true(record.counters[0].counter >= scene->after);
	}
	if (scene->edit && !has_edit(image, scene->edit))
		fail_msg("after change %zu the owner's work is lost", count);
	assert_false(record.is_switching);
	assert_true(has_left_nothing(image));
}

/* The next version goes in its place, and keeps what was kept. */
static void assert_goes_on(const struct scene *scene, struct fixture *image)
{
	int fd = make_bundle(image, scene->after + 5, "");
	struct error err = {0};

	if (install(image, fd, scene->edit, &err))
		fail_msg("%s", err.text);
	close(fd);
	assert_int_equal(version_in(image, "plugins/" NAME), scene->after + 5);
	if (scene->edit)
		assert_true(has_edit(image, scene->edit));
	assert_true(has_left_nothing(image));
}

static void check_image(const struct scene *scene, const struct power *power, size_t count,
			struct random *random)
{
	struct fixture image = *scene->fixture;

	snprintf(image.folder.path, sizeof(image.folder.path), "%.40s.image",
		 scene->fixture->folder.path);
	snprintf(image.data, sizeof(image.data), "%.50s/data", image.folder.path);
	snprintf(image.plugins, sizeof(image.plugins), "%.50s/plugins", image.folder.path);
	power_cut(power, count, random, image.folder.path);
	assert_whole(scene, &image, count);
	assert_goes_on(scene, &image);
	nftw(image.folder.path, folder_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* HARVESTER_SEED repeats a run, HARVESTER_IMAGES sets how many images each moment has. */
static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void cut_everywhere(const struct scene *scene, struct power *power)
{
	uint64_t seed = number_of("HARVESTER_SEED", (uint64_t)time(NULL));
	uint64_t images = number_of("HARVESTER_IMAGES", 2);
	size_t changes = power_stop(power);
	struct random random;

	print_message("seed %llu, %zu changes\n", (unsigned long long)seed, changes);
	random_init(&random, seed);
	for (size_t count = 0; count <= changes; count++)
		for (uint64_t i = 0; i < images; i++)
			check_image(scene, power, count, &random);
	power_destroy(power);
}

static void install_while_recording(struct scene *scene)
{
	struct fixture *fixture = scene->fixture;
	int fd = make_bundle(fixture, scene->after, "");
	struct error err = {0};
	struct power *power;

	bundle_store_close(open_store(fixture));
	power = power_create(fixture->folder.path);
	if (install(fixture, fd, scene->is_forced, &err))
		fail_msg("%s", err.text);
	close(fd);
	cut_everywhere(scene, power);
}

static void test_first_version(void **state)
{
	struct scene scene = {*state, 0, 1, NULL, false};

	install_while_recording(&scene);
}

static void test_next_version(void **state)
{
	struct scene scene = {*state, 1, 2, NULL, false};

	install_version(*state, 1);
	install_while_recording(&scene);
}

/* --force in the place of files that the owner has changed. */
static void test_version_over_an_edit(void **state)
{
	struct scene scene = {*state, 1, 2, EDIT, true};

	install_version(*state, 1);
	make_file(&scene.fixture->folder, "plugins/" NAME "/lib/part.py", EDIT);
	install_while_recording(&scene);
}

/* What an earlier --force has kept survives later switches. */
static void test_version_after_an_edit(void **state)
{
	struct scene scene = {*state, 2, 3, NULL, false};
	int fd;

	install_version(*state, 1);
	make_file(&scene.fixture->folder, "plugins/" NAME "/lib/part.py", EDIT);
	fd = make_bundle(scene.fixture, 2, "");
	assert_int_equal(install(scene.fixture, fd, true, NULL), 0);
	close(fd);
	assert_true(has_edit(scene.fixture, EDIT));
	scene.edit = EDIT;
	install_while_recording(&scene);
}

static void test_removal(void **state)
{
	struct scene scene = {*state, 1, 0, NULL, false};
	struct fixture *fixture = *state;
	struct bundle_store *store;
	struct power *power;

	install_version(fixture, 1);
	store = open_store(fixture);
	power = power_create(fixture->folder.path);
	assert_int_equal(bundle_store_remove(store, NAME, false, NULL), 0);
	bundle_store_close(store);
	cut_everywhere(&scene, power);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_version),
		TEST(test_next_version),
		TEST(test_version_over_an_edit),
		TEST(test_version_after_an_edit),
		TEST(test_removal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
