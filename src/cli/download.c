#include "cli/download.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define CONNECT_SECONDS 10
#define SLOW_BYTES 100 /* a second; slower for SLOW_SECONDS: broken off */
#define SLOW_SECONDS 30
#define REDIRECTS_MAX 5

struct transfer {
	FILE *file;
	uint64_t size, limit; /* bytes so far, and at most */
	int percent;	      /* last shown; -1: none */
	bool shows_progress;
};

bool download_is_url(const char *text)
{
	return !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
}

static bool is_allowed(const char *url)
{
	static const char *const own[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};

	if (!strncmp(url, "https://", 8))
		return true;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		size_t size = strlen(own[i]);

		if (!strncmp(url, own[i], size) && strchr(":/", url[size]))
			return true;
	}
	return false;
}

static size_t on_data(char *data, size_t one, size_t count, void *arg)
{
	struct transfer *transfer = arg;

	(void)one;
	if (transfer->size + count > transfer->limit)
		return 0;
	transfer->size += count;
	return fwrite(data, 1, count, transfer->file);
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
		       curl_off_t up_now)
{
	struct transfer *transfer = arg;
	int percent = total > 0 ? (int)(now * 100 / total) : 0;

	(void)up_total, (void)up_now;
	if (transfer->shows_progress && total > 0 && percent != transfer->percent) {
		fprintf(stderr, "\r[%-50.*s] %3d %%", percent / 2,
			"##################################################", percent);
		transfer->percent = percent;
	}
	return 0;
}

static void set_up(CURL *curl, const char *url, struct transfer *transfer, bool is_own)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, is_own ? "http" : "https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, is_own ? 0L : 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)DOWNLOAD_SECONDS_MAX);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)transfer->limit);
	curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)transfer->size);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (is_own)
		curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

static int explain(CURLcode code, long status, const char *url, const struct transfer *transfer,
		   struct error *err)
{
	if (code == CURLE_HTTP_RETURNED_ERROR && status >= 400 && status < 500)
		return error_set(err, ERROR_NOT_FOUND,
				 "%s: the server answered with HTTP status %ld: check the URL", url,
				 status);
	if (code == CURLE_FILESIZE_EXCEEDED ||
	    (code == CURLE_WRITE_ERROR && !ferror(transfer->file)))
		return error_set(
			err, ERROR_TOO_LARGE,
			"%s has more than %llu bytes, so it is not a bundle: check the URL", url,
			(unsigned long long)transfer->limit);
	return error_set(err, code == CURLE_OPERATION_TIMEDOUT ? ERROR_TIMEOUT : ERROR_SYSTEM,
			 "%s: the download broke off (%s): give the command again to go on where "
			 "it stopped",
			 url, curl_easy_strerror(code));
}

/* A server that cannot go on in the middle makes it begin again. */
static bool is_to_begin_again(CURLcode code, long status)
{
	return code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME ||
	       (code == CURLE_HTTP_RETURNED_ERROR && status == 416);
}

static int try_once(const char *url, const char *path, struct transfer *transfer, bool is_own,
		    struct error *err)
{
	CURL *curl = curl_easy_init();
	long status = 0;
	struct stat stat;
	CURLcode code;
	int ret = 0;

	transfer->file = fopen(path, "ae");
	if (!transfer->file || !curl) {
		ret = error_set_errno(err, ERROR_SYSTEM, errno,
				      "%s: cannot write this file (check the disk, and who may "
				      "write to its folder)",
				      path);
		goto out;
	}
	transfer->size = fstat(fileno(transfer->file), &stat) ? 0 : (uint64_t)stat.st_size;
	set_up(curl, url, transfer, is_own);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (is_to_begin_again(code, status) && !ftruncate(fileno(transfer->file), 0)) {
		transfer->size = 0;
		curl_easy_setopt(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)0);
		code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	}
	if (code)
		ret = explain(code, status, url, transfer, err);
out:
	if (transfer->file && fclose(transfer->file) && !ret)
		ret = error_set_errno(err, ERROR_SYSTEM, errno,
				      "%s: cannot write this file (check the disk, and who may "
				      "write to its folder)",
				      path);
	curl_easy_cleanup(curl);
	return ret;
}

int download(const char *url, const char *path, uint64_t limit, bool shows_progress,
	     struct error *err)
{
	struct transfer transfer = {
		.limit = limit, .percent = -1, .shows_progress = shows_progress};
	bool is_own = !strncmp(url, "http://", 7);
	int ret = ERROR_SYSTEM;

	if (!is_allowed(url))
		return error_set(err, ERROR_INVALID,
				 "%s: a bundle is downloaded over https only, or over http from "
				 "this machine itself: use its https:// URL",
				 url);
	for (int i = 0; ret == ERROR_SYSTEM && i < DOWNLOAD_TRIES; i++)
		ret = try_once(url, path, &transfer, is_own, err);
	if (transfer.percent >= 0)
		fputc('\n', stderr);
	if (ret && ret != ERROR_SYSTEM && ret != ERROR_TIMEOUT)
		unlink(path);
	return ret;
}
