/*
 * Simulated power cuts: the history is written on a disk that remembers every call, and at each of
 * them images are made of what a cut could have left; each must open, at an acknowledged prefix.
 * HARVESTER_IMAGES: how many (default 400). HARVESTER_SEED repeats a run.
 */
#include "base/random.h"
#include "fault_vfs.h"
#include "fixture.h"

#define SECTOR 512
#define FILES 3
#define COMMITS 30

static const char *const names[FILES] = {"history.db", "history.db-wal", "history.db-journal"};

/* A file as the disk has it. */
struct image {
	bool exists;
	uint8_t *data; /* owned */
	size_t size, capacity;
};

static void image_resize(struct image *image, size_t size)
{
	if (size > image->capacity) {
		image->capacity = 2 * size;
		image->data = realloc(image->data, image->capacity);
	}
	if (size > image->size)
		memset(image->data + image->size, 0, size - image->size);
	image->size = size;
	image->exists = true;
}

static void image_copy(struct image *to, const struct image *from)
{
	to->size = 0;
	image_resize(to, from->size);
	if (from->size)
		memcpy(to->data, from->data, from->size);
	to->exists = from->exists;
}

/* skip: of each sector of the write, whether it did not reach the disk; NULL: all did. */
static void image_apply(struct image *image, const struct disk_entry *entry, const bool *skip)
{
	switch (entry->call) {
	case DISK_WRITE:
		if (image->size < (size_t)entry->offset + entry->size)
			image_resize(image, (size_t)entry->offset + entry->size);
		for (size_t at = 0; at < entry->size; at++)
			if (!skip || !skip[at / SECTOR])
				image->data[(size_t)entry->offset + at] = entry->data[at];
		return;
	case DISK_TRUNCATE:
		image_resize(image, (size_t)entry->offset);
		return;
	case DISK_DELETE:
		image->size = 0;
		image->exists = false;
		return;
	case DISK_OPEN:
	case DISK_SYNC:
		return;
	}
}

/* How calls that were not flushed reach the disk. */
enum kind { ALL, NONE, TORN, SOME, SOME_SECTORS, KINDS };

/* What was done, and when which readings were acknowledged. */
struct run {
	struct folder *folder;
	struct disk disk;
	struct random random;
	uint64_t begun[4 * COMMITS], begun_at[4 * COMMITS]; /* readings handed in; calls by then */
	uint64_t acknowledged[4 * COMMITS], acknowledged_at[4 * COMMITS];
	size_t count;
	uint64_t images, wanted;
	enum kind kind; /* of the image at hand */
};

static uint64_t draw(struct run *run, uint64_t below)
{
	return random_u64(&run->random) % below;
}

static uint64_t now(const struct run *run)
{
	return run->disk.count;
}

/* The value of the n-th reading says which it is. */
static void commit_some(struct run *run, struct history_db *db)
{
	uint64_t total = run->count ? run->begun[run->count - 1] : 0, more = 1 + draw(run, 40);
	struct history_write *write = own_write();
	char data[96];

	for (uint64_t i = 1; i <= more; i++) {
		snprintf(data, sizeof(data), "{'n':%d,'t':%d.5}", (int)(total + i), (int)i);
		add_item(write, 0, T0 + (total + i) * 1000, i % 3 ? "s" : "other", data);
	}
	run->begun[run->count] = total + more;
	run->begun_at[run->count] = now(run);
	commit(db, write);
	run->acknowledged[run->count] = total + more;
	run->acknowledged_at[run->count++] = now(run);
}

static void work(struct run *run)
{
	const struct history_limits limits = {10000, 10000, 10000, 1000};
	struct history_db *db = open_db(run->folder);

	for (int i = 0; i < COMMITS; i++) {
		sqlite3_wal_autocheckpoint(db->db, 1 + (int)draw(run, 30));
		commit_some(run, db);
		if (draw(run, 4) == 0)
			roll_all(db);
		if (draw(run, 6) == 0)
			trim_all(db, &limits, T0, 50);
		if (draw(run, 10) == 0) {
			history_db_close(db);
			db = open_db(run->folder);
		}
	}
	history_db_close(db);
}

static uint64_t last_before(const uint64_t *values, const uint64_t *at, size_t count,
			    uint64_t calls)
{
	uint64_t value = 0;

	for (size_t i = 0; i < count && at[i] <= calls; i++)
		value = values[i];
	return value;
}

static int64_t number(struct history_db *db, const char *text)
{
	sqlite3_stmt *statement = NULL;
	int64_t found;

	assert_int_equal(sqlite3_prepare_v2(db->db, text, -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	found = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return found;
}

static void check_content(const struct run *run, struct history_db *db, uint64_t least,
			  uint64_t most)
{
	uint64_t count = (uint64_t)number(db, "SELECT count(*) FROM reading");

	assert_true(number(db, "SELECT quick_check = 'ok' FROM pragma_quick_check"));
	if (count < least || count > most)
		fail_msg("image of kind %d: %d readings, expected %d to %d", (int)run->kind,
			 (int)count, (int)least, (int)most);
	if (!count)
		return;
	assert_int_equal(number(db, "SELECT max(id) & 17592186044415 FROM reading"), count);
	assert_int_equal(number(db, "SELECT sum(time) FROM reading"),
			 count * T0 + count * (count + 1) / 2 * 1000);
	/* What is rolled up is exactly what the source says. */
	assert_int_equal(number(db, "SELECT max(rolled) FROM source"),
			 number(db, "SELECT ifnull(max(last), 0) FROM minute"));
}

/* Open what a cut left, look at it, and go on writing. */
static void check_image(struct run *run, const struct image *images, uint64_t calls)
{
	uint64_t least = last_before(run->acknowledged, run->acknowledged_at, run->count, calls);
	uint64_t most = last_before(run->begun, run->begun_at, run->count, calls);
	struct history_db *db = NULL;
	struct folder *folder;
	struct error err = {0};

	assert_int_equal(folder_setup((void **)&folder), 0);
	for (int i = 0; i < FILES; i++)
		if (images[i].exists)
			make_data(folder, names[i], images[i].data, images[i].size);
	if (history_db_open(at(folder, "history.db"), &db, &err))
		fail_msg("after call %d: %s", (int)calls, err.text);
	check_content(run, db, least, most);
	add_own(db, T0, "{'n':0}");
	history_db_close(db);
	folder_teardown((void **)&folder);
	run->images++;
}

struct disk_state {
	struct image safe[FILES];	  /* what a flush has made sure of */
	const struct disk_entry **unsafe; /* owned: since then, in order */
	size_t count;
};

static int file_of(const struct disk_entry *entry)
{
	for (int i = 0; i < FILES; i++)
		if (!strcmp(entry->name, names[i]))
			return i;
	fail_msg("a file of the name %s", entry->name);
	return 0;
}

static void advance(struct disk_state *state, const struct disk_entry *entry)
{
	size_t kept = 0;

	if (entry->call != DISK_SYNC && !(entry->call == DISK_DELETE && entry->offset)) {
		state->unsafe[state->count++] = entry;
		return;
	}
	for (size_t i = 0; i < state->count; i++) {
		if (strcmp(state->unsafe[i]->name, entry->name) == 0)
			image_apply(&state->safe[file_of(entry)], state->unsafe[i], NULL);
		else
			state->unsafe[kept++] = state->unsafe[i];
	}
	state->count = kept;
	image_apply(&state->safe[file_of(entry)], entry, NULL);
}

static void apply_unsafe(struct run *run, const struct disk_state *state, enum kind kind,
			 struct image *images)
{
	for (size_t i = 0; i < state->count; i++) {
		const struct disk_entry *entry = state->unsafe[i];
		bool skip[256], is_last = i + 1 == state->count;

		assert_true(entry->size <= sizeof(skip) * SECTOR);
		for (size_t j = 0; j < sizeof(skip); j++)
			skip[j] = kind == SOME_SECTORS && draw(run, 2);
		if (kind == TORN && is_last)
			for (size_t j = draw(run, entry->size / SECTOR + 1); j < sizeof(skip); j++)
				skip[j] = true;
		if (kind == NONE || (kind == SOME && draw(run, 2)))
			continue;
		image_apply(&images[file_of(entry)], entry, skip);
	}
}

static void cut(struct run *run, const struct disk_state *state, uint64_t calls)
{
	struct image images[FILES] = {0};

	for (int kind = 0; kind < KINDS && run->images < run->wanted; kind++) {
		for (int i = 0; i < FILES; i++)
			image_copy(&images[i], &state->safe[i]);
		apply_unsafe(run, state, (enum kind)kind, images);
		run->kind = (enum kind)kind;
		check_image(run, images, calls);
	}
	for (int i = 0; i < FILES; i++)
		free(images[i].data);
}

static void cut_everywhere(struct run *run)
{
	struct disk_state state = {.unsafe = calloc(run->disk.count, sizeof(*state.unsafe))};
	uint64_t every = 1 + run->disk.count * KINDS / (run->wanted - run->images + 1);

	for (size_t i = 0; i < run->disk.count; i++) {
		advance(&state, &run->disk.entries[i]);
		if ((i + draw(run, every)) % every == 0 && run->images < run->wanted)
			cut(run, &state, i + 1);
	}
	for (int i = 0; i < FILES; i++)
		free(state.safe[i].data);
	free(state.unsafe);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void test_every_image_opens(void **state)
{
	uint64_t seed = from_environment("HARVESTER_SEED", (uint64_t)time(NULL));
	struct run *run = calloc(1, sizeof(*run));
	uint64_t calls = 0;

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_init(&run->random, seed);
	run->wanted = from_environment("HARVESTER_IMAGES", 400);
	while (run->images < run->wanted) {
		assert_int_equal(folder_setup((void **)&run->folder), 0);
		run->count = 0;
		disk_insert(&run->disk);
		run->disk.records = true;
		work(run);
		run->disk.records = false;
		calls += run->disk.count;
		cut_everywhere(run);
		disk_remove(&run->disk);
		folder_teardown((void **)&run->folder);
	}
	print_message("%llu simulated power-cut images of %llu calls: all opened\n",
		      (unsigned long long)run->images, (unsigned long long)calls);
	free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_image_opens)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
