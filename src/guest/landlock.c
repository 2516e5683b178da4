#include "guest/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the headers of Debian 12: from version 4 and 6. */
#define NET_ALL (1u << 0 | 1u << 1)   /* bind and connect of TCP */
#define SCOPE_ALL (1u << 0 | 1u << 1) /* abstract sockets and signals */

struct attributes {
	uint64_t files, net, scoped;
};

/* Every right that this kernel's Landlock knows: all are denied, except reading `readable`. */
static size_t fill(struct attributes *attributes, long version)
{
	static const uint64_t rights[] = {0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};
	long known = sizeof(rights) / sizeof(*rights) - 1;

	*attributes = (struct attributes){
		.files = rights[version < known ? version : known],
		.net = version >= 4 ? NET_ALL : 0,
		.scoped = version >= 6 ? SCOPE_ALL : 0,
	};
	if (version >= 6)
		return sizeof(*attributes);
	return version >= 4 ? offsetof(struct attributes, scoped)
			    : offsetof(struct attributes, net);
}

static int allow_to_read(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	int ret;

	if (rule.parent_fd < 0)
		return 0; /* the caller gets the error when it opens the file */
	ret = (int)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return ret;
}

int landlock_enter(const char *readable)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct attributes attributes;
	size_t size;
	int fd, ret;

	if (version < 1)
		return -1;
	size = fill(&attributes, version);
	fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
	if (fd < 0)
		return -1;
	ret = readable ? allow_to_read(fd, readable) : 0;
	if (!ret)
		ret = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
	return ret;
}
