/* Removes the artifacts that were not used for the longest time. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "plugin/artifact/store.h"
#include "plugin/discovery/file.h"

struct artifact {
	char *name; /* owned */
	uint64_t size;
	struct timespec used;
};

struct artifact_list {
	struct artifact *items; /* owned */
	size_t count;
	uint64_t total;
};

static void list_finish(struct artifact_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
}

/* An artifact that is gone, or for which there is no memory, is left for the next time. */
static void add(struct artifact_list *list, int folder, const char *name)
{
	struct artifact artifact = {0}, *room;
	struct stat stat;

	if (fstatat(folder, name, &stat, AT_SYMLINK_NOFOLLOW))
		return;
	artifact.size = (uint64_t)stat.st_size;
	artifact.used = stat.st_mtim;
	room = reallocarray(list->items, list->count + 1, sizeof(*room));
	if (!room)
		return;
	list->items = room;
	artifact.name = strdup(name);
	if (!artifact.name)
		return;
	room[list->count++] = artifact;
	list->total += artifact.size;
}

static void fill(struct artifact_list *list, const struct artifact_store *store)
{
	DIR *dir = folder_open_again(store->fd);
	const struct dirent *entry;

	if (!dir)
		return;
	while (list->count < ARTIFACT_STORE_ENTRIES_MAX && (entry = readdir(dir))) {
		if (file_name_ends_in(entry->d_name, ".cwasm"))
			add(list, store->fd, entry->d_name);
	}
	closedir(dir);
}

static int compare(const void *left, const void *right)
{
	const struct timespec *a = &((const struct artifact *)left)->used;
	const struct timespec *b = &((const struct artifact *)right)->used;

	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	if (a->tv_nsec != b->tv_nsec)
		return a->tv_nsec < b->tv_nsec ? -1 : 1;
	return 0;
}

uint64_t artifact_store_trim(struct artifact_store *store, uint64_t max_bytes)
{
	struct artifact_list list = {0};

	fill(&list, store);
	if (list.count)
		qsort(list.items, list.count, sizeof(*list.items), compare);
	for (size_t i = 0; i < list.count && list.total > max_bytes; i++) {
		if (artifact_store_remove(store, list.items[i].name))
			list.total -= list.items[i].size;
	}
	list_finish(&list);
	return list.total;
}
