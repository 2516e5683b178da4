/*
 * Which requests the owner approved: DATA/approvals/NAME.json, one for each plugin.
 *
 * An approval keeps the whole request, in the canonical text of permission_print(), and its BLAKE2b
 * digest. What asks for the same or less passes; what asks for more waits for a new approval. A
 * file that is damaged, too large, a link, or open to others approves nothing. One process writes
 * (the command line) and another reads (the daemon); a file is replaced as a whole.
 *
 * Blocks on the disk, for files of some hundred bytes. Any thread.
 */
#ifndef HARVESTER_PLUGIN_POLICY_APPROVALS_H
#define HARVESTER_PLUGIN_POLICY_APPROVALS_H

#include <sys/stat.h>

#include "config/permission.h"
#include "plugin/policy/owner_folder.h"

struct advice;
struct approvals;
struct error;

#define APPROVAL_FILE_SIZE_MAX OWNER_FILE_SIZE_MAX
#define APPROVAL_DIGEST_SIZE 65 /* hex and a 0 */

/*
 * Open DATA/approvals; both folders are made where they are not there (0700). ERROR_INVALID where
 * somebody else may write to it, ERROR_SYSTEM, ERROR_NO_MEMORY. The caller owns *ret_approvals.
 */
int approvals_create(const char *data_folder, struct approvals **ret_approvals, struct error *err);
void approvals_destroy(struct approvals *approvals); /* NULL is allowed */

/* The folder, for a tree_watch. Borrowed. */
const char *approvals_folder(const struct approvals *approvals);

/*
 * May `name` run with what it asks for? 0 if so: what asks for nothing (permission_init()) always
 * may. Else *err has a text for the owner, with the command that approves:
 * ERROR_NOT_FOUND      never approved
 * ERROR_NOT_GRANTED    it asks for more than was approved; the text says what is new
 * ERROR_MALFORMED and others: its approval cannot be read
 */
int approvals_check(const struct approvals *approvals, const char *name,
		    const struct permission *request, struct error *err);

/*
 * The same of what approvals_read() gave: `why` has the code 0 (and then `approved` counts), or
 * what kept it from being read. `advice`: of the command in the text; NULL: none. Pure; any thread.
 */
int approvals_judge(const char *name, const struct permission *request,
		    const struct permission *approved, const struct error *why,
		    const struct advice *advice, struct error *err);

/* What tells one approval of a plugin from another; all 0 where there is none. */
void approvals_stat(const struct approvals *approvals, const char *name, struct stat *ret_stat);

/* What was approved last. Errors as above; ERROR_INVALID for a name that no plugin can have. */
int approvals_read(const struct approvals *approvals, const char *name,
		   struct permission *ret_request, struct error *err);

/* Approve, in place of what was approved before. On the disk when it returns. */
int approvals_add(const struct approvals *approvals, const char *name,
		  const struct permission *request, struct error *err);

/* Take it back. ERROR_NOT_FOUND where there is none. */
int approvals_remove(const struct approvals *approvals, const char *name, struct error *err);

/* BLAKE2b-256 of the canonical text, in hex. ERROR_NO_MEMORY. */
int approvals_digest(const struct permission *request, char ret_hex[APPROVAL_DIGEST_SIZE]);

#endif
