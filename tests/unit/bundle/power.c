#include "power.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"

#define NODES_MAX 4096
#define CHANGES_MAX 4096
#define NAME_SIZE 256

enum kind { ADD, MOVE, EXCHANGE, REMOVE, WRITE, FLUSH };

struct change {
	enum kind kind;
	size_t node;  /* the folder that is changed; of WRITE and FLUSH the file or folder itself */
	size_t child; /* ADD */
	char from[NAME_SIZE], to[NAME_SIZE];
	size_t size; /* WRITE: bytes of the file from now on */
};

/* A file or folder, for ever: a new one with the same inode is another node. */
struct node {
	ino_t inode;
	bool is_folder;
	char *data;		 /* owned: all that was ever appended */
	size_t size, first_size; /* now, and when the recording began */
};

struct power {
	struct node nodes[NODES_MAX];
	size_t nodes_count, root;
	struct change changes[CHANGES_MAX], first[NODES_MAX]; /* `first`: what was there */
	size_t count, first_count;
};

static struct power *recording;

int __real_openat64(int folder, const char *name, int flags, ...);
int __wrap_openat64(int folder, const char *name, int flags, ...);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size);
int __wrap_fsync(int fd);
int __real_mkdirat(int folder, const char *name, mode_t mode);
int __wrap_mkdirat(int folder, const char *name, mode_t mode);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		     unsigned flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		     unsigned flags);
int __real_unlinkat(int folder, const char *name, int flags);
int __wrap_unlinkat(int folder, const char *name, int flags);

static size_t add_node(struct power *power, ino_t inode, bool is_folder)
{
	assert_true(power->nodes_count < NODES_MAX);
	power->nodes[power->nodes_count] = (struct node){.inode = inode, .is_folder = is_folder};
	return power->nodes_count++;
}

/* The newest with this inode; NODES_MAX if it lies elsewhere. */
static size_t find_node(const struct power *power, int fd)
{
	struct stat stat;

	assert_int_equal(fstat(fd, &stat), 0);
	for (size_t i = power->nodes_count; i-- > 0;)
		if (power->nodes[i].inode == stat.st_ino)
			return i;
	return NODES_MAX;
}

static void append(struct node *node, const void *data, size_t size)
{
	node->data = realloc(node->data, node->size + size + 1);
	assert_non_null(node->data);
	memcpy(node->data + node->size, data, size);
	node->size += size;
}

static void note(int fd, enum kind kind, size_t child, const char *from, const char *to)
{
	struct change *change;
	size_t node = recording ? find_node(recording, fd) : NODES_MAX;

	if (node == NODES_MAX)
		return;
	assert_true(recording->count < CHANGES_MAX);
	change = &recording->changes[recording->count++];
	*change = (struct change){.kind = kind, .node = node, .child = child};
	snprintf(change->from, sizeof(change->from), "%s", from);
	snprintf(change->to, sizeof(change->to), "%s", to);
	change->size = recording->nodes[node].size;
}

static void note_new(int folder, const char *name, bool is_folder)
{
	struct stat stat;

	if (!recording || find_node(recording, folder) == NODES_MAX)
		return;
	assert_int_equal(fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW), 0);
	note(folder, ADD, add_node(recording, stat.st_ino, is_folder), "", name);
}

int __wrap_openat64(int folder, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;
	int fd;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	fd = __real_openat64(folder, name, flags, mode);
	if (fd >= 0 && flags & O_CREAT)
		note_new(folder, name, false);
	return fd;
}

ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	ssize_t count = __real_write(fd, data, size);
	size_t node = recording ? find_node(recording, fd) : NODES_MAX;

	if (count > 0 && node != NODES_MAX) {
		append(&recording->nodes[node], data, (size_t)count);
		note(fd, WRITE, 0, "", "");
	}
	return count;
}

/* Without the disk's real flush, which is slow, and of which the images know nothing. */
int __wrap_fsync(int fd)
{
	note(fd, FLUSH, 0, "", "");
	return 0;
}

int __wrap_mkdirat(int folder, const char *name, mode_t mode)
{
	int ret = __real_mkdirat(folder, name, mode);

	if (!ret)
		note_new(folder, name, true);
	return ret;
}

int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
	return __wrap_renameat2(from_folder, from, to_folder, to, 0);
}

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		     unsigned flags)
{
	int ret = __real_renameat2(from_folder, from, to_folder, to, flags);

	if (!ret)
		note(from_folder, flags & RENAME_EXCHANGE ? EXCHANGE : MOVE, 0, from, to);
	return ret;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
	int ret = __real_unlinkat(folder, name, flags);

	if (!ret)
		note(folder, REMOVE, 0, name, "");
	return ret;
}

/* What is there already */

static void read_data(struct node *node, int fd)
{
	char part[65536];
	ssize_t count;

	while ((count = read(fd, part, sizeof(part))) > 0)
		append(node, part, (size_t)count);
	node->first_size = node->size;
}

/* Closes `fd`. */
static size_t read_node(struct power *power, int fd)
{
	struct dirent *entry;
	struct stat stat;
	DIR *entries;
	size_t node;

	assert_int_equal(fstat(fd, &stat), 0);
	node = add_node(power, stat.st_ino, S_ISDIR(stat.st_mode));
	if (!S_ISDIR(stat.st_mode)) {
		read_data(&power->nodes[node], fd);
		close(fd);
		return node;
	}
	entries = fdopendir(fd);
	while ((entry = readdir(entries))) {
		struct change *change;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		change = &power->first[power->first_count++];
		*change = (struct change){.kind = ADD, .node = node};
		snprintf(change->to, sizeof(change->to), "%s", entry->d_name);
		change->child =
			read_node(power, __real_openat64(fd, entry->d_name, O_RDONLY | O_CLOEXEC));
	}
	closedir(entries);
	return node;
}

struct power *power_create(const char *path)
{
	struct power *power = calloc(1, sizeof(*power));

	assert_non_null(power);
	power->root = read_node(power, __real_openat64(AT_FDCWD, path, O_RDONLY | O_CLOEXEC));
	recording = power;
	return power;
}

size_t power_stop(struct power *power)
{
	recording = NULL;
	return power->count;
}

void power_destroy(struct power *power)
{
	for (size_t i = 0; i < power->nodes_count; i++)
		free(power->nodes[i].data);
	free(power);
}

/* Images */

struct entry {
	size_t folder, child;
	char name[NAME_SIZE];
};

struct image {
	struct entry entries[NODES_MAX];
	size_t count;
};

static struct entry *find_entry(struct image *image, size_t folder, const char *name)
{
	for (size_t i = 0; i < image->count; i++)
		if (image->entries[i].folder == folder && !strcmp(image->entries[i].name, name))
			return &image->entries[i];
	return NULL;
}

static void remove_entry(struct image *image, struct entry *entry)
{
	if (entry)
		*entry = image->entries[--image->count];
}

static void apply(struct image *image, const struct change *change)
{
	struct entry *from = find_entry(image, change->node, change->from), *to;
	size_t child;

	if (change->kind == ADD) {
		struct entry fresh = {change->node, change->child, ""};

		memcpy(fresh.name, change->to, sizeof(fresh.name));
		image->entries[image->count++] = fresh;
	} else if (change->kind == REMOVE) {
		remove_entry(image, from);
	} else if (change->kind == EXCHANGE) {
		to = find_entry(image, change->node, change->to);
		child = from->child;
		from->child = to->child;
		to->child = child;
	} else {
		remove_entry(image, find_entry(image, change->node, change->to));
		from = find_entry(image, change->node, change->from);
		memcpy(from->name, change->to, sizeof(from->name));
	}
}

/* One more than the last change of a node that is there: all that were flushed, and some others. */
static size_t choose_end(const struct power *power, size_t node, size_t count,
			 struct random *random)
{
	size_t flushed = 0;

	for (size_t i = 0; i < count; i++)
		if (power->changes[i].kind == FLUSH && power->changes[i].node == node)
			flushed = i + 1;
	return flushed + random_u64(random) % (count - flushed + 1);
}

static size_t choose_size(const struct power *power, size_t node, size_t count,
			  struct random *random)
{
	size_t safe = power->nodes[node].first_size, all = safe;

	for (size_t i = 0; i < count; i++) {
		const struct change *change = &power->changes[i];

		if (change->node == node && change->kind >= WRITE)
			all = change->size;
		if (change->node == node && change->kind == FLUSH)
			safe = change->size;
	}
	return safe + random_u64(random) % (all - safe + 1);
}

static void write_node(const struct power *power, struct image *image, size_t node, size_t count,
		       struct random *random, int parent, const char *name)
{
	int fd;

	if (!power->nodes[node].is_folder) {
		size_t size = choose_size(power, node, count, random);

		fd = __real_openat64(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		assert_int_equal(__real_write(fd, power->nodes[node].data, size), (ssize_t)size);
		close(fd);
		return;
	}
	assert_int_equal(__real_mkdirat(parent, name, 0700), 0);
	fd = __real_openat64(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < image->count; i++)
		if (image->entries[i].folder == node)
			write_node(power, image, image->entries[i].child, count, random, fd,
				   image->entries[i].name);
	close(fd);
}

void power_cut(const struct power *power, size_t count, struct random *random, const char *path)
{
	size_t *ends = calloc(power->nodes_count, sizeof(*ends));
	struct image *image = calloc(1, sizeof(*image));

	assert_true(ends && image);
	for (size_t i = 0; i < power->nodes_count; i++)
		ends[i] = power->nodes[i].is_folder ? choose_end(power, i, count, random) : 0;
	for (size_t i = 0; i < power->first_count; i++)
		apply(image, &power->first[i]);
	for (size_t i = 0; i < count; i++)
		if (power->changes[i].kind < WRITE && i < ends[power->changes[i].node])
			apply(image, &power->changes[i]);
	write_node(power, image, power->root, count, random, AT_FDCWD, path);
	free(image);
	free(ends);
}
