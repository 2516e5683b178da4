#include "plugin/policy/approvals.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/advice.h"
#include "base/buffer.h"
#include "base/error.h"
#include "plugin/policy/grant.h"
#include "plugin/policy/trusted_folder.h"

#define SUFFIX ".json"

struct approvals {
	struct trusted_folder folder;
};

int approvals_create(const char *data_folder, struct approvals **ret_approvals, struct error *err)
{
	struct approvals *approvals = calloc(1, sizeof(*approvals));
	int ret;

	if (!approvals)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while opening the approvals; this machine needs "
				 "more free memory");
	ret = trusted_folder_open(data_folder, "approvals", &approvals->folder, err);
	if (ret)
		free(approvals);
	else
		*ret_approvals = approvals;
	return ret;
}

void approvals_destroy(struct approvals *approvals)
{
	if (approvals)
		trusted_folder_close(&approvals->folder);
	free(approvals);
}

const char *approvals_folder(const struct approvals *approvals)
{
	return approvals->folder.path;
}

void approvals_stat(const struct approvals *approvals, const char *name, struct stat *ret_stat)
{
	trusted_folder_stat(&approvals->folder, name, SUFFIX, ret_stat);
}

static void hash(const char *text, size_t size, char ret_hex[APPROVAL_DIGEST_SIZE])
{
	uint8_t digest[(APPROVAL_DIGEST_SIZE - 1) / 2];

	crypto_generichash(digest, sizeof(digest), (const uint8_t *)text, size, NULL, 0);
	sodium_bin2hex(ret_hex, APPROVAL_DIGEST_SIZE, digest, sizeof(digest));
}

/* The canonical text of a request, and its digest. On success the caller owns *ret_text. */
static int print(const struct permission *request, struct buffer *ret_text,
		 char ret_hex[APPROVAL_DIGEST_SIZE])
{
	struct buffer text;

	buffer_init(&text, TRUSTED_FILE_SIZE_MAX);
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

/* Reading and judging */

/* Check that the digest fits the text, and that the text still is a valid request. */
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
	struct buffer text;
	json_error_t where;
	json_t *json;
	int ret = trusted_folder_read(&approvals->folder, name, SUFFIX, &text, err);

	if (ret)
		return ret;
	json = json_loadb(text.data ? text.data : "", text.size, JSON_REJECT_DUPLICATES, &where);
	buffer_finish(&text);
	ret = json ? take_request(json, name, ret_request) : ERROR_MALFORMED;
	json_decref(json);
	return ret ? error_set(err, ret, "the approval's file %s%s is damaged", name, SUFFIX) : 0;
}

/* `since`: the end of the sentence that begins with what is to be approved. */
static int refuse(struct error *err, int code, const char *command, const char *since,
		  const struct permission *request, const struct permission *approved)
{
	json_t *texts = grant_difference(request, approved);
	char line[ERROR_TEXT_SIZE / 2];

	if (!texts)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while checking the approval; this machine needs "
				 "more free memory");
	grant_join(texts, line, sizeof(line));
	json_decref(texts);
	return error_set(err, code,
			 "waiting for approval of %s%s; approve it on the page or with `%s`", line,
			 since, command);
}

int approvals_judge(const char *name, const struct permission *request,
		    const struct permission *approved, const struct error *why,
		    const struct advice *advice, struct error *err)
{
	struct permission nothing;
	char command[ADVICE_SIZE];

	advice_command(advice, command, "plugin approve %s", name);
	permission_init(&nothing);
	if (grant_covers(&nothing, request))
		return 0;
	if (why->code == ERROR_NOT_FOUND)
		return refuse(err, ERROR_NOT_FOUND, command, "", request, NULL);
	if (why->code)
		return error_set(err, why->code,
				 "waiting for approval, since the last one cannot be used (%s); "
				 "approve it on the page or with `%s`",
				 why->text, command);
	if (grant_covers(approved, request))
		return 0;
	return refuse(err, ERROR_NOT_GRANTED, command, ", new since the last approval", request,
		      approved);
}

int approvals_check(const struct approvals *approvals, const char *name,
		    const struct permission *request, struct error *err)
{
	struct permission approved;
	struct error why = {0};

	why.code = approvals_read(approvals, name, &approved, &why);
	return approvals_judge(name, request, &approved, &why, NULL, err);
}

int approvals_add(const struct approvals *approvals, const char *name,
		  const struct permission *request, struct error *err)
{
	char hex[APPROVAL_DIGEST_SIZE], *text;
	struct buffer canonical;
	json_t *json;
	int ret = print(request, &canonical, hex);

	if (ret)
		return error_set(err, ret, "cannot store the approval: %s", error_text(ret));
	json = json_pack("{s:s, s:s, s:s}", "plugin", name, "request", canonical.data, "digest",
			 hex);
	buffer_finish(&canonical);
	text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	json_decref(json);
	if (!text)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while writing the approval; this machine needs "
				 "more free memory");
	ret = trusted_folder_write(&approvals->folder, name, SUFFIX, text, err);
	free(text);
	return ret;
}

int approvals_remove(const struct approvals *approvals, const char *name, struct error *err)
{
	return trusted_folder_remove(&approvals->folder, name, SUFFIX, err);
}
