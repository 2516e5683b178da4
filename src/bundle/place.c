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
			error_set(err, ret, "out of memory while reading %s", path);
	} else {
		*ret_state = has_file(folder, place->name, ret_path) ? BUNDLE_PLACE_OTHER
								     : BUNDLE_PLACE_EMPTY;
	}
	close(folder);
	return ret;
}

/* Delete what was taken out of its place, or keep it if it is not what we put there. */
static int put_away(const struct bundle_place *place, int folder, const char *taken,
		    const struct bundle_manifest *old, struct error *err)
{
	char path[PATH_MAX], kept[NAME_SIZE], differs[BUNDLE_PATH_MAX + 1];
	enum bundle_place_state state = BUNDLE_PLACE_OTHER;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", place->folder, taken);
	ret = compare_folder(path, old, &state, differs);
	if (!ret && state == BUNDLE_PLACE_SAME)
		return bundle_unpack_delete(folder, taken, err);
	snprintf(kept, sizeof(kept), ".%s.changed-here", place->name);
	ret = bundle_unpack_delete(folder, kept, err);
	if (!ret && renameat(folder, taken, folder, kept))
		ret = fail(place, err);
	return ret;
}

/* One rename() puts the new folder into its place. */
static int exchange(const struct bundle_place *place, int folder, const char *fresh,
		    bool *ret_had_old, struct error *err)
{
	*ret_had_old = exists(folder, place->name, "");
	if (renameat2(folder, fresh, folder, place->name,
		      *ret_had_old ? RENAME_EXCHANGE : RENAME_NOREPLACE) ||
	    (fsync(folder) && errno != EINVAL))
		return fail(place, err);
	return 0;
}

int bundle_place_switch(const struct bundle_place *place, int bundle,
			const struct bundle_manifest *old, struct error *err)
{
	int folder = open_plugins(place, err), ret;
	char fresh[NAME_SIZE];
	bool had_old = false;

	if (folder < 0)
		return folder;
	snprintf(fresh, sizeof(fresh), ".%s.new", place->name);
	ret = bundle_unpack_delete(folder, fresh, err);
	if (!ret)
		ret = bundle_unpack(bundle, folder, fresh, err);
	if (!ret)
		ret = exchange(place, folder, fresh, &had_old, err);
	else
		bundle_unpack_delete(folder, fresh, NULL);
	if (!ret && had_old)
		ret = put_away(place, folder, fresh, old, err);
	close(folder);
	return ret;
}

int bundle_place_remove(const struct bundle_place *place, const struct bundle_manifest *old,
			struct error *err)
{
	int folder = open_plugins(place, err), ret = 0;
	char taken[NAME_SIZE];

	if (folder < 0)
		return folder;
	snprintf(taken, sizeof(taken), ".%s.new", place->name);
	if (exists(folder, place->name, "")) {
		ret = bundle_unpack_delete(folder, taken, err);
		if (!ret && (renameat(folder, place->name, folder, taken) ||
			     (fsync(folder) && errno != EINVAL)))
			ret = fail(place, err);
		if (!ret)
			ret = put_away(place, folder, taken, old, err);
	}
	close(folder);
	return ret;
}
