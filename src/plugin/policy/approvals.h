/*
 * The owner's approvals: one file for each plugin, DATA/approvals/NAME.json, with the request that
 * the owner approved.
 *
 * The file holds the request as the canonical text of permission_print(), and its BLAKE2b digest. A
 * plugin that requests the same or less may run; one that requests more waits for a new approval. A
 * file that is damaged, too large, a symbolic link, or writable by others approves nothing. The
 * command line and the daemon may both read and write; a file is replaced atomically.
 *
 * Any thread; blocks on the disk, for files of some hundred bytes.
 */
#ifndef HARVESTER_PLUGIN_POLICY_APPROVALS_H
#define HARVESTER_PLUGIN_POLICY_APPROVALS_H

#include <sys/stat.h>

#include "config/permission.h"
#include "plugin/policy/trusted_folder.h"

struct advice;
struct approvals;
struct error;

#define APPROVAL_FILE_SIZE_MAX TRUSTED_FILE_SIZE_MAX
#define APPROVAL_DIGEST_SIZE 65 /* 64 hex digits and a 0 */

/* Open DATA/approvals. The caller owns *ret_approvals. Errors of trusted_folder_open(). */
int approvals_create(const char *data_folder, struct approvals **ret_approvals, struct error *err);
void approvals_destroy(struct approvals *approvals); /* NULL is allowed */

/* Path of the folder, to watch it for changes. Borrowed. */
const char *approvals_folder(const struct approvals *approvals);

/*
 * 0 if plugin `name` may run with `request`. A plugin that requests nothing (permission_init())
 * always may. Otherwise *err has a text for the owner, with the command that approves:
 * ERROR_NOT_FOUND      there is no approval
 * ERROR_NOT_GRANTED    the plugin requests more than was approved; the text says what is new
 * ERROR_MALFORMED, …   the approval cannot be read (errors of approvals_read())
 */
int approvals_check(const struct approvals *approvals, const char *name,
		    const struct permission *request, struct error *err);

/*
 * The same check for an approval that was read before. `why`: the error of approvals_read(); if its
 * code is 0, `approved` is what that returned. `advice`: options for the command in the text; NULL:
 * none. Pure; any thread.
 */
int approvals_judge(const char *name, const struct permission *request,
		    const struct permission *approved, const struct error *why,
		    const struct advice *advice, struct error *err);

/* The file's stat, to notice changes; all 0 if there is no approval. */
void approvals_stat(const struct approvals *approvals, const char *name, struct stat *ret_stat);

/*
 * Read the request that was approved for `name`. ERROR_MALFORMED if the file is damaged; errors of
 * trusted_folder_read().
 */
int approvals_read(const struct approvals *approvals, const char *name,
		   struct permission *ret_request, struct error *err);

/*
 * Approve `request`, instead of what was approved before. On return it is on the disk. Errors of
 * trusted_folder_write(); ERROR_NO_MEMORY.
 */
int approvals_add(const struct approvals *approvals, const char *name,
		  const struct permission *request, struct error *err);

/* Withdraw the approval. ERROR_NOT_FOUND if there is none; errors of trusted_folder_remove(). */
int approvals_remove(const struct approvals *approvals, const char *name, struct error *err);

/* BLAKE2b-256 of the request's canonical text, in hex. ERROR_NO_MEMORY. */
int approvals_digest(const struct permission *request, char ret_hex[APPROVAL_DIGEST_SIZE]);

#endif
