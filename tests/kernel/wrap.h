/*
 * open(), fstat() and ioctl() of a program that is linked with --wrap for them: those of a device
 * go to the kernel that is not there, all others to the one that is.
 */
#ifndef TESTS_KERNEL_WRAP_H
#define TESTS_KERNEL_WRAP_H

struct kernel;

/* Borrowed; NULL: there is none, and device files are as on this machine. */
void wrap_use(struct kernel *kernel);

/* As if the user were in none of the groups: each opening of a device fails with this. 0: no more.
 */
void wrap_refuse(int number);

/* As if every device were unplugged whose file is open: the files are removed. The next open() of
 * one finds it plugged in again.
 */
void wrap_unplug(void);

#endif
