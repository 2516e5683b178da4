/*
 * Test programs of another architecture run under qemu's emulation of its processor
 * (`tools/build-cross ARCH test`). It passes on to the kernel only what it knows. A test that needs
 * more returns EMULATED_SKIP from main(), and runs on a virtual machine instead (tests/machine). On
 * a kernel of their own architecture nothing is skipped.
 */
#ifndef HARVESTER_TESTS_EMULATED_H
#define HARVESTER_TESTS_EMULATED_H

#include <linux/landlock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EMULATED_SKIP 77 /* meson's status of a test that was skipped */

/* meson sets the variable where it runs programs through an emulator. */
static inline bool emulated(void)
{
	return getenv("MESON_EXE_WRAPPER") != NULL;
}

static inline bool emulated_lacks(bool works, const char *what)
{
	if (works || !emulated())
		return false;
	printf("skipped: qemu's emulation does not pass on %s\n", what);
	return true;
}

/* qemu 7.2 answers EINVAL. Every test with a reaper needs it. */
static inline bool emulated_lacks_subreaper(void)
{
	return emulated_lacks(!prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0),
			      "prctl(PR_SET_CHILD_SUBREAPER)");
}

/* qemu 7.2 answers ENOSYS to it, and to seccomp(). */
static inline bool emulated_lacks_landlock(void)
{
	return emulated_lacks(
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0,
		"the system calls of Landlock and seccomp");
}

#endif
