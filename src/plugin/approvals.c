#include "plugin/approvals.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "plugin/file.h"
#include "plugin/grant.h"
#include "plugin/source.h"

#define FILE_NAME_SIZE (PLUGIN_NAME_SIZE + 8)

struct approvals {
	int fd; /* of the folder */
	uid_t owner;
	gid_t group;
	char folder[]; /* DATA/approvals */
};

/* As plugin/scan.c takes them: no "/" in it, and no "." before it. */
static int make_file_name(const char *name, const char *suffix, char ret_name[FILE_NAME_SIZE],
			  struct error *err)
{
	size_t size = strnlen(name, PLUGIN_NAME_SIZE);

	if (!size || size >= PLUGIN_NAME_SIZE || name[0] == '.' ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789-_.")])
		return error_set(err, ERROR_INVALID, "no plugin can have this name");
	snprintf(ret_name, FILE_NAME_SIZE, "%s%s", name, suffix);
	return 0;
}

/* Who can write here can grant. */
static int check_owner(const struct stat *stat, const char *shown, struct error *err)
{
	if (stat->st_uid != geteuid() && geteuid() != 0)
		return error_set(err, ERROR_INVALID,
				 "%s belongs to user %u, not to user %u who "
				 "runs this",
				 shown, stat->st_uid, geteuid());
	if (stat->st_mode & 022)
		return error_set(err, ERROR_INVALID, "%s may be written by others (mode %04o)",
				 shown, stat->st_mode & 07777);
	return 0;
}

/* DATA may be another user's where root approves: what is made in it is that user's too. */
static int make_folder(const char *data_folder, const char *folder)
{
	struct stat data;

	if (mkdir(data_folder, 0700) && errno != EEXIST)
		return ERROR_SYSTEM;
	if (mkdir(folder, 0700))
		return errno == EEXIST ? 0 : ERROR_SYSTEM;
	if (geteuid() == 0 &&
	    (stat(data_folder, &data) || lchown(folder, data.st_uid, data.st_gid)))
		return ERROR_SYSTEM;
	return 0;
}

static int open_folder(struct approvals *approvals, const char *data_folder, struct error *err)
{
	struct stat stat;
	int ret = make_folder(data_folder, approvals->folder);

	if (!ret)
		approvals->fd =
			open(approvals->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ret || approvals->fd < 0 || fstat(approvals->fd, &stat))
		return error_set_errno(err, ERROR_SYSTEM, errno, "%s", approvals->folder);
	approvals->owner = stat.st_uid;
	approvals->group = stat.st_gid;
	return check_owner(&stat, approvals->folder, err);
}

int approvals_create(const char *data_folder, struct approvals **ret_approvals, struct error *err)
{
	size_t size = strlen(data_folder) + sizeof("/approvals");
	struct approvals *approvals = calloc(1, sizeof(*approvals) + size);
	int ret;

	if (!approvals)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	approvals->fd = -1;
	snprintf(approvals->folder, size, "%s/approvals", data_folder);
	ret = open_folder(approvals, data_folder, err);
	if (ret)
		approvals_destroy(approvals);
	else
		*ret_approvals = approvals;
	return ret;
}

void approvals_destroy(struct approvals *approvals)
{
	if (approvals && approvals->fd >= 0)
		close(approvals->fd);
	free(approvals);
}

const char *approvals_folder(const struct approvals *approvals)
{
	return approvals->folder;
}

static void hash(const char *text, size_t size, char ret_hex[APPROVAL_DIGEST_SIZE])
{
	uint8_t digest[(APPROVAL_DIGEST_SIZE - 1) / 2];

	crypto_generichash(digest, sizeof(digest), (const uint8_t *)text, size, NULL, 0);
	sodium_bin2hex(ret_hex, APPROVAL_DIGEST_SIZE, digest, sizeof(digest));
}

/* On success the text is the caller's. */
static int print(const struct permission *request, struct buffer *ret_text,
		 char ret_hex[APPROVAL_DIGEST_SIZE])
{
	struct buffer text;

	buffer_init(&text, APPROVAL_FILE_SIZE_MAX);
	permission_print(request, &text);
	if (text.failed) {
		buffer_finish(&text);
		return ERROR_NO_MEMORY;
	}
	hash(text.data, text.size, ret_hex);
	*ret_text = text;
	return 0;
}

int approvals_digest(const struct permission *request, char ret_hex[APPROVAL_DIGEST_SIZE])
{
	struct buffer text;
	int ret = print(request, &text, ret_hex);

	if (!ret)
		buffer_finish(&text);
	return ret;
}

/* Reading */

static int append(void *arg, const uint8_t *data, size_t size)
{
	return buffer_append(arg, data, size);
}

/* On success the text is the caller's. */
static int read_file(const struct approvals *approvals, const char *name, struct buffer *ret_text,
		     struct error *err)
{
	struct buffer text;
	struct stat stat;
	int fd = file_open_regular(approvals->fd, name, name, &stat, err);
	int ret;

	if (fd < 0)
		return fd;
	buffer_init(&text, APPROVAL_FILE_SIZE_MAX);
	ret = check_owner(&stat, name, err);
	if (!ret)
		ret = file_read(fd, name, APPROVAL_FILE_SIZE_MAX, append, &text, err);
	close(fd);
	if (ret)
		buffer_finish(&text);
	else
		*ret_text = text;
	return ret;
}

/* The text must be what its digest says, and say what it did when it was written. */
static int take_request(const json_t *json, const char *name, struct permission *ret_request)
{
	const char *plugin, *text, *digest;
	struct permission request;
	char hex[APPROVAL_DIGEST_SIZE];

	if (json_unpack((json_t *)json, "{s:s, s:s, s:s !}", "plugin", &plugin, "request", &text,
			"digest", &digest) ||
	    strcmp(plugin, name) != 0)
		return ERROR_MALFORMED;
	hash(text, strlen(text), hex);
	if (strcmp(hex, digest) != 0 || permission_parse(text, strlen(text), name, &request, NULL))
		return ERROR_MALFORMED;
	*ret_request = request;
	return 0;
}

int approvals_read(const struct approvals *approvals, const char *name,
		   struct permission *ret_request, struct error *err)
{
	char file_name[FILE_NAME_SIZE];
	struct buffer text;
	json_error_t where;
	json_t *json;
	int ret = make_file_name(name, ".json", file_name, err);

	if (!ret)
		ret = read_file(approvals, file_name, &text, err);
	if (ret)
		return ret;
	json = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES, &where);
	buffer_finish(&text);
	ret = json ? take_request(json, name, ret_request) : ERROR_MALFORMED;
	json_decref(json);
	return ret ? error_set(err, ret, "%s is damaged", file_name) : 0;
}

/* `what` and the texts of the difference, as the reason. */
static int refuse(struct error *err, int code, const char *name, const char *what,
		  const struct permission *request, const struct permission *approved)
{
	json_t *texts = grant_difference(request, approved);
	char line[ERROR_TEXT_SIZE / 2];

	if (!texts)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	grant_join(texts, line, sizeof(line));
	json_decref(texts);
	return error_set(err, code, "%s%s: run `harvester plugin approve %s`", what, line, name);
}

int approvals_check(const struct approvals *approvals, const char *name,
		    const struct permission *request, struct error *err)
{
	struct permission nothing, approved;
	struct error why = {0};
	int ret;

	permission_init(&nothing);
	if (grant_covers(&nothing, request))
		return 0;
	ret = approvals_read(approvals, name, &approved, &why);
	if (ret == ERROR_NOT_FOUND)
		return refuse(err, ret, name, "needs approval, it asks for ", request, NULL);
	if (ret)
		return error_set(err, ret,
				 "needs approval, since its last one cannot be used (%s): run "
				 "`harvester plugin approve %s`",
				 why.text, name);
	if (grant_covers(&approved, request))
		return 0;
	return refuse(err, ERROR_NOT_GRANTED, name, "needs approval, it now asks for ", request,
		      &approved);
}

/* Writing */

static int write_temporary(const struct approvals *approvals, const char *name, const char *text)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, fd, ret;

	unlinkat(approvals->fd, name, 0); /* of a writer that died */
	fd = openat(approvals->fd, name, flags, 0600);
	if (fd < 0)
		return ERROR_SYSTEM;
	ret = file_write(fd, text, strlen(text));
	if (!ret && geteuid() == 0 && fchown(fd, approvals->owner, approvals->group))
		ret = ERROR_SYSTEM;
	if (!ret && fsync(fd))
		ret = ERROR_SYSTEM;
	close(fd);
	return ret;
}

static int replace(const struct approvals *approvals, const char *name, const char *text,
		   struct error *err)
{
	char file_name[FILE_NAME_SIZE], temporary[FILE_NAME_SIZE];
	int ret = make_file_name(name, ".json", file_name, err);

	if (ret)
		return ret;
	make_file_name(name, ".tmp", temporary, NULL);
	if (write_temporary(approvals, temporary, text) ||
	    renameat(approvals->fd, temporary, approvals->fd, file_name) || fsync(approvals->fd)) {
		error_set_errno(err, ERROR_SYSTEM, errno, "%s/%s", approvals->folder, file_name);
		unlinkat(approvals->fd, temporary, 0);
		return ERROR_SYSTEM;
	}
	return 0;
}

int approvals_add(const struct approvals *approvals, const char *name,
		  const struct permission *request, struct error *err)
{
	char hex[APPROVAL_DIGEST_SIZE], *text;
	struct buffer canonical;
	json_t *json;
	int ret = print(request, &canonical, hex);

	if (ret)
		return error_set(err, ret, "%s", error_text(ret));
	json = json_pack("{s:s, s:s, s:s}", "plugin", name, "request", canonical.data, "digest",
			 hex);
	buffer_finish(&canonical);
	text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	json_decref(json);
	if (!text)
		return error_set(err, ERROR_NO_MEMORY, "out of memory");
	ret = replace(approvals, name, text, err);
	free(text);
	return ret;
}

int approvals_remove(const struct approvals *approvals, const char *name, struct error *err)
{
	char file_name[FILE_NAME_SIZE];
	int ret = make_file_name(name, ".json", file_name, err);

	if (ret)
		return ret;
	if (unlinkat(approvals->fd, file_name, 0))
		return error_set_errno(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_SYSTEM, errno,
				       "%s/%s", approvals->folder, file_name);
	if (fsync(approvals->fd))
		return error_set_errno(err, ERROR_SYSTEM, errno, "%s", approvals->folder);
	return 0;
}
