/*
 * A disk that fails, or remembers, as SQLite sees it: a VFS in front of the system's own. It counts
 * the calls that change something, lets one of them fail (or that and all later ones), and can
 * write down each, so that images can be made of what a power cut would have left. Simulated: no
 * real disk is cut off here.
 */
#ifndef HARVESTER_TESTS_FAULT_VFS_H
#define HARVESTER_TESTS_FAULT_VFS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum disk_call { DISK_OPEN, DISK_WRITE, DISK_SYNC, DISK_TRUNCATE, DISK_DELETE };

struct disk_entry {
	enum disk_call call;
	char name[32];	/* the last part of the path */
	int64_t offset; /* of a write; the new size of a truncate */
	size_t size;
	uint8_t *data; /* owned */
};

struct disk {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	uint64_t calls;	  /* so far */
	uint64_t fail_at; /* the call that fails, from 1; 0: none */
	bool for_ever;	  /* and all after it */
	bool records;
	struct disk_entry *entries; /* owned */
	size_t count;
};

struct disk_file {
	sqlite3_file base;
	struct disk *disk;
	char name[32];
	sqlite3_file *real; /* behind this struct */
};

static inline bool disk_fails(struct disk *disk)
{
	disk->calls++;
	return disk->fail_at &&
	       (disk->calls == disk->fail_at || (disk->for_ever && disk->calls > disk->fail_at));
}

static inline void disk_record(struct disk *disk, enum disk_call call, const char *name,
			       int64_t offset, const void *data, size_t size)
{
	struct disk_entry *entry;

	if (!disk->records)
		return;
	if (!(disk->count & (disk->count - 1)))
		disk->entries = reallocarray(disk->entries, 2 * disk->count + 1, sizeof(*entry));
	entry = &disk->entries[disk->count++];
	*entry = (struct disk_entry){.call = call, .offset = offset, .size = size};
	snprintf(entry->name, sizeof(entry->name), "%s", name);
	if (size) {
		entry->data = malloc(size);
		memcpy(entry->data, data, size);
	}
}

#define REAL(file) (((struct disk_file *)(file))->real)

static inline int disk_close(sqlite3_file *file)
{
	return REAL(file)->pMethods ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
}

static inline int disk_read(sqlite3_file *file, void *data, int size, sqlite3_int64 offset)
{
	return REAL(file)->pMethods->xRead(REAL(file), data, size, offset);
}

static inline int disk_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
	struct disk_file *f = (struct disk_file *)file;

	if (disk_fails(f->disk))
		return f->disk->calls % 2 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	disk_record(f->disk, DISK_WRITE, f->name, offset, data, (size_t)size);
	return f->real->pMethods->xWrite(f->real, data, size, offset);
}

static inline int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct disk_file *f = (struct disk_file *)file;

	if (disk_fails(f->disk))
		return SQLITE_IOERR_TRUNCATE;
	disk_record(f->disk, DISK_TRUNCATE, f->name, size, NULL, 0);
	return f->real->pMethods->xTruncate(f->real, size);
}

static inline int disk_sync(sqlite3_file *file, int flags)
{
	struct disk_file *f = (struct disk_file *)file;

	(void)flags; /* what is recorded is what counts, and tests need no real flush */
	if (disk_fails(f->disk))
		return SQLITE_IOERR_FSYNC;
	disk_record(f->disk, DISK_SYNC, f->name, 0, NULL, 0);
	return SQLITE_OK;
}

static inline int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

static inline int disk_lock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xLock(REAL(file), level);
}

static inline int disk_unlock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static inline int disk_check_lock(sqlite3_file *file, int *result)
{
	return REAL(file)->pMethods->xCheckReservedLock(REAL(file), result);
}

static inline int disk_control(sqlite3_file *file, int op, void *arg)
{
	return REAL(file)->pMethods->xFileControl(REAL(file), op, arg);
}

static inline int disk_sector(sqlite3_file *file)
{
	return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static inline int disk_traits(sqlite3_file *file)
{
	return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static inline int disk_shm_map(sqlite3_file *file, int page, int size, int extend,
			       void volatile **at)
{
	return REAL(file)->pMethods->xShmMap(REAL(file), page, size, extend, at);
}

static inline int disk_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	return REAL(file)->pMethods->xShmLock(REAL(file), offset, n, flags);
}

static inline void disk_shm_barrier(sqlite3_file *file)
{
	REAL(file)->pMethods->xShmBarrier(REAL(file));
}

static inline int disk_shm_unmap(sqlite3_file *file, int remove)
{
	return REAL(file)->pMethods->xShmUnmap(REAL(file), remove);
}

static inline int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
			    int *flags_out)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 2, /* no memory mapping: it would pass by here */
		.xClose = disk_close,
		.xRead = disk_read,
		.xWrite = disk_write,
		.xTruncate = disk_truncate,
		.xSync = disk_sync,
		.xFileSize = disk_size,
		.xLock = disk_lock,
		.xUnlock = disk_unlock,
		.xCheckReservedLock = disk_check_lock,
		.xFileControl = disk_control,
		.xSectorSize = disk_sector,
		.xDeviceCharacteristics = disk_traits,
		.xShmMap = disk_shm_map,
		.xShmLock = disk_shm_lock,
		.xShmBarrier = disk_shm_barrier,
		.xShmUnmap = disk_shm_unmap,
	};
	struct disk_file *f = (struct disk_file *)file;
	struct disk *disk = vfs->pAppData;
	const char *name = path ? strrchr(path, '/') : NULL;
	int code;

	f->base.pMethods = NULL;
	f->disk = disk;
	f->real = (sqlite3_file *)(f + 1);
	snprintf(f->name, sizeof(f->name), "%s", name ? name + 1 : "");
	if (disk_fails(disk))
		return SQLITE_CANTOPEN;
	code = disk->real->xOpen(disk->real, path, f->real, flags, flags_out);
	if (!code)
		f->base.pMethods = &methods;
	return code;
}

static inline int disk_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	struct disk *disk = vfs->pAppData;
	const char *name = strrchr(path, '/');

	if (disk_fails(disk))
		return SQLITE_IOERR_DELETE;
	/* offset: whether it is on the disk when the call returns. */
	disk_record(disk, DISK_DELETE, name ? name + 1 : path, sync, NULL, 0);
	return disk->real->xDelete(disk->real, path, sync);
}

/* Every database that is opened from now on is on this disk. */
static inline void disk_insert(struct disk *disk)
{
	memset(disk, 0, sizeof(*disk));
	disk->real = sqlite3_vfs_find(NULL);
	disk->vfs = *disk->real;
	disk->vfs.zName = "test-disk";
	disk->vfs.pAppData = disk;
	disk->vfs.szOsFile = (int)sizeof(struct disk_file) + disk->real->szOsFile;
	disk->vfs.xOpen = disk_open;
	disk->vfs.xDelete = disk_delete;
	sqlite3_vfs_register(&disk->vfs, 1);
}

static inline void disk_remove(struct disk *disk)
{
	sqlite3_vfs_unregister(&disk->vfs);
	sqlite3_vfs_register(disk->real, 1);
	for (size_t i = 0; i < disk->count; i++)
		free(disk->entries[i].data);
	free(disk->entries);
}

#endif
