#include "guest/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/guest_process.h"

#define CHANGE_OF_USER (1u << CAP_SETUID | 1u << CAP_SETGID)

static int set_capabilities(uint32_t set)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{.effective = set, .permitted = set},
	};

	return (int)syscall(SYS_capset, &header, data);
}

static int become(uid_t id)
{
	return setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id);
}

int identity_become_own(bool *ret_is_alone, struct error *err)
{
	*ret_is_alone = false;
	if (geteuid())
		return 0;
	if (!become(guest_id(getpid()))) {
		*ret_is_alone = true;
		return 0;
	}
	if (become(GUEST_ID_NOBODY))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "cannot change to the user nobody: start harvester as a "
				       "service user, or leave it CAP_SETUID and CAP_SETGID");
	return 0;
}

int identity_become_own_but_files(bool *ret_is_alone, struct error *err)
{
	int ret;

	*ret_is_alone = false;
	if (geteuid())
		return 0;
	prctl(PR_SET_KEEPCAPS, 1);
	ret = identity_become_own(ret_is_alone, err);
	if (ret)
		return ret;
	/* The change of user left the capabilities permitted, but not effective. Make them
	 * effective for setfsuid(), then drop them. */
	if (set_capabilities(CHANGE_OF_USER))
		return error_set_errno(
			err, ERROR_SYSTEM, errno,
			"cannot keep root's access to files while changing the user: start "
			"harvester as a service user, or leave it CAP_SETUID and CAP_SETGID");
	setfsuid(0);
	if (set_capabilities(0))
		return error_set_errno(err, ERROR_SYSTEM, errno,
				       "the plugin's process cannot drop root's capabilities after "
				       "changing its user: start harvester as a service user");
	prctl(PR_SET_KEEPCAPS, 0);
	return 0;
}

void identity_forget_files(void)
{
	setfsuid(getuid());
}

void identity_keep_change_of_user(void)
{
	if (!geteuid())
		set_capabilities(CHANGE_OF_USER);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
