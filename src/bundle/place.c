#include "bundle/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "bundle/tree.h"
#include "bundle/unpack.h"

#define NAME_SIZE (PLUGIN_NAME_SIZE + 32)

static int fail(const struct bundle_place *place, struct error *err)
{
	return error_set_errno(err, ERROR_SYSTEM, errno,
			       "%s/%s: cannot put this plugin in its place (may this user write "
			       "to the plugins folder?)",
			       place->folder, place->name);
}

static int open_plugins(const struct bundle_place *place, struct error *err)
{
	int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(place, err) : fd;
}

static bool exists(int folder, const char *name, const char *suffix)
{
	char path[NAME_SIZE];
	struct stat stat;

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	return !fstatat(folder, path, &stat, AT_SYMLINK_NOFOLLOW);
}

/* Whether NAME.py or NAME.wasm is there; ret_path receives it. */
static bool has_file(int folder, const char *name, char ret_path[BUNDLE_PATH_MAX + 1])
{
	const char *suffix = exists(folder, name, ".py")     ? ".py"
			     : exists(folder, name, ".wasm") ? ".wasm"
							     : NULL;

	if (suffix)
		snprintf(ret_path, BUNDLE_PATH_MAX + 1, "%s%s", name, suffix);
	return suffix;
}

static int compare_folder(const char *path, const struct bundle_manifest *manifest,
			  enum bundle_place_state *ret_state, char ret_path[BUNDLE_PATH_MAX + 1])
{
	struct bundle_files files;
	const char *differs = "";
	int ret = bundle_tree_list(path, &files, NULL);

	*ret_state = BUNDLE_PLACE_OTHER;
	if (ret == ERROR_NO_MEMORY)
		return ret;
	if (!ret && manifest && bundle_files_equal(&files, &manifest->files, &differs))
		*ret_state = BUNDLE_PLACE_SAME;
	snprintf(ret_path, BUNDLE_PATH_MAX + 1, "%s", differs);
	if (!ret)
		bundle_files_finish(&files);
	return 0;
}

int bundle_place_compare(const struct bundle_place *place, const struct bundle_manifest *manifest,
			 enum bundle_place_state *ret_state, char ret_path[BUNDLE_PATH_MAX + 1],
			 struct error *err)
{
	int folder = open_plugins(place, err), ret = 0;
	char path[PATH_MAX];

	if (folder < 0)
		return folder;
	*ret_path = '\0';
	if (exists(folder, place->name, "")) {
		snprintf(path, sizeof(path), "%s/%s", place->folder, place->name);
		ret = compare_folder(path, manifest, ret_state, ret_path);
		if (ret)
			error_set(err, ret,
				  "out of memory while reading %s; this machine needs more free "
				  "memory",
				  path);
	} else {
		*ret_state = has_file(folder, place->name, ret_path) ? BUNDLE_PLACE_OTHER
								     : BUNDLE_PLACE_EMPTY;
	}
	close(folder);
	return ret;
}

/* The names beside the plugin's folder. What is in `fresh` is worth nothing; `out` may be the only
 * copy of the owner's work until bundle_place_clear() has looked at it. */
struct names {
	char fresh[NAME_SIZE], out[NAME_SIZE], kept[NAME_SIZE];
};

static void name_all(const struct bundle_place *place, struct names *ret_names)
{
	snprintf(ret_names->fresh, NAME_SIZE, ".%s.new", place->name);
	snprintf(ret_names->out, NAME_SIZE, ".%s.out", place->name);
	snprintf(ret_names->kept, NAME_SIZE, ".%s.changed-here", place->name);
}

static int flush(int folder)
{
	return fsync(folder) && errno != EINVAL ? -1 : 0;
}

/* Delete a folder. It is renamed first: one that is deleted by half, when the power goes, must not
 * be taken for one that the owner has changed. */
static int throw_away(const struct bundle_place *place, int folder, const char *name,
		      const struct names *names, struct error *err)
{
	int ret = bundle_unpack_delete(folder, names->fresh, err);

	if (!ret && (renameat(folder, name, folder, names->fresh) || flush(folder)))
		ret = fail(place, err);
	return ret ? ret : bundle_unpack_delete(folder, names->fresh, err);
}

static int keep(const struct bundle_place *place, int folder, const struct names *names,
		struct error *err)
{
	int ret = 0;

	if (exists(folder, names->kept, ""))
		ret = throw_away(place, folder, names->kept, names, err);
	if (!ret && (renameat(folder, names->out, folder, names->kept) || flush(folder)))
		ret = fail(place, err);
	return ret;
}

static int is_one_of(const struct bundle_place *place, const char *name,
		     const struct bundle_place_ours *ours, bool *ret_is, struct error *err)
{
	const struct bundle_manifest *const manifests[] = {ours->current, ours->previous};
	char path[PATH_MAX], differs[BUNDLE_PATH_MAX + 1];
	enum bundle_place_state state = BUNDLE_PLACE_OTHER;
	int ret = 0;

	snprintf(path, sizeof(path), "%s/%s", place->folder, name);
	for (size_t i = 0; !ret && i < 2 && state != BUNDLE_PLACE_SAME; i++)
		ret = compare_folder(path, manifests[i], &state, differs);
	*ret_is = state == BUNDLE_PLACE_SAME;
	return ret ? error_set(
			     err, ret,
			     "out of memory while reading %s; this machine needs more free memory",
			     path)
		   : 0;
}

int bundle_place_clear(const struct bundle_place *place, const struct bundle_place_ours *ours,
		       struct error *err)
{
	int folder = open_plugins(place, err), ret = 0;
	struct names names;
	bool is_ours;

	if (folder < 0)
		return folder;
	name_all(place, &names);
	if (exists(folder, names.out, "")) {
		ret = is_one_of(place, names.out, ours, &is_ours, err);
		if (!ret)
			ret = is_ours ? throw_away(place, folder, names.out, &names, err)
				      : keep(place, folder, &names, err);
	}
	if (!ret)
		ret = bundle_unpack_delete(folder, names.fresh, err);
	if (!ret && flush(folder))
		ret = fail(place, err);
	close(folder);
	return ret;
}

int bundle_place_keep_files(const struct bundle_place *place, struct error *err)
{
	static const char *const suffixes[] = {".py", ".wasm"};
	int folder = open_plugins(place, err), ret = 0;
	char from[NAME_SIZE], to[NAME_SIZE];

	if (folder < 0)
		return folder;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", place->name, suffixes[i]);
		snprintf(to, sizeof(to), ".%s.changed-here%s", place->name, suffixes[i]);
		if (renameat(folder, from, folder, to) && errno != ENOENT)
			ret = fail(place, err);
	}
	if (!ret && flush(folder))
		ret = fail(place, err);
	close(folder);
	return ret;
}

/* One rename() puts the folder `from` into the place of `to`, which it undoes if the disk does not
 * take it. */
static int move(const struct bundle_place *place, int folder, const char *from, const char *to,
		unsigned flags, struct error *err)
{
	bool is_exchange = flags & RENAME_EXCHANGE;
	int ret;

	if (renameat2(folder, from, folder, to, flags))
		return fail(place, err);
	if (!flush(folder))
		return 0;
	ret = fail(place, err);
	return renameat2(folder, is_exchange ? from : to, folder, is_exchange ? to : from, flags)
		       ? 0
		       : ret;
}

/* With nothing in the place, the new folder goes there at once; else it is exchanged. */
static int put(const struct bundle_place *place, int folder, const struct names *names,
	       struct error *err)
{
	int ret;

	if (!exists(folder, place->name, ""))
		return move(place, folder, names->fresh, place->name, RENAME_NOREPLACE, err);
	ret = move(place, folder, names->fresh, names->out, RENAME_NOREPLACE, err);
	if (ret)
		return ret;
	ret = move(place, folder, names->out, place->name, RENAME_EXCHANGE, err);
	if (ret)
		throw_away(place, folder, names->out, names, NULL);
	return ret;
}

int bundle_place_switch(const struct bundle_place *place, int bundle, struct error *err)
{
	int folder = open_plugins(place, err), ret;
	struct names names;

	if (folder < 0)
		return folder;
	name_all(place, &names);
	ret = bundle_unpack_delete(folder, names.fresh, err);
	if (!ret)
		ret = bundle_unpack(bundle, folder, names.fresh, err);
	if (!ret)
		ret = put(place, folder, &names, err);
	if (ret)
		bundle_unpack_delete(folder, names.fresh, NULL);
	close(folder);
	return ret;
}

int bundle_place_remove(const struct bundle_place *place, struct error *err)
{
	int folder = open_plugins(place, err), ret = 0;
	struct names names;

	if (folder < 0)
		return folder;
	name_all(place, &names);
	if (exists(folder, place->name, ""))
		ret = move(place, folder, place->name, names.out, RENAME_NOREPLACE, err);
	close(folder);
	return ret;
}
