/* The cache of artifacts, with a compiler that is a shell script, in a folder of its own. */
#ifndef HARVESTER_TESTS_ARTIFACT_FIXTURE_H
#define HARVESTER_TESTS_ARTIFACT_FIXTURE_H

#include "folder.h"

#include <uv.h>

#include "base/error.h"
#include "plugin/artifact/artifact.h"

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* A compiler of three lines; each test says what it does between the first and the last. */
#define GUEST_BEGIN                                                                                \
	"#!/bin/sh\n"                                                                              \
	"cd \"${0%/*}\"\n"                                                                         \
	"echo run >> log\n"
#define GUEST_END "{ printf 'code of '; cat \"$2\"; } > \"$3\"\n"
#define GUEST_WAIT "read line < gate\n"

struct asked {
	char progress[512]; /* its lines */
	char path[256];
	char failure[ERROR_TEXT_SIZE];
	int ended;
	struct artifact_request *request;
	struct artifact_cache *cache;
	struct asked *to_cancel; /* at the first progress */
	int to_close;		 /* likewise */
	int close_at_end;
};

struct fixture {
	struct folder *folder;
	uv_loop_t loop;
	struct artifact_cache *cache;
	int closed;
	int gate;
};

static inline void on_closed(void *arg)
{
	*(int *)arg += 1;
}

static inline void on_progress(void *arg, const char *text)
{
	struct asked *asked = arg;
	size_t length = strlen(asked->progress);

	snprintf(asked->progress + length, sizeof(asked->progress) - length, "%s\n", text);
	if (asked->to_cancel)
		artifact_request_cancel(asked->to_cancel->request);
	asked->to_cancel = NULL;
	if (asked->to_close)
		artifact_cache_close(asked->cache, NULL, NULL);
	asked->to_close = 0;
}

static inline void on_done(void *arg, const char *path)
{
	struct asked *asked = arg;

	snprintf(asked->path, sizeof(asked->path), "%s", path);
	asked->ended++;
	if (asked->close_at_end)
		artifact_cache_close(asked->cache, NULL, NULL);
}

static inline void on_failed(void *arg, const char *text)
{
	struct asked *asked = arg;

	snprintf(asked->failure, sizeof(asked->failure), "%s", text);
	asked->ended++;
}

static inline void make_guest(const struct folder *folder, const char *text)
{
	make_file(folder, "guest", text);
	chmod(at(folder, "guest"), 0755);
}

static inline void open_cache(struct fixture *fixture)
{
	struct error err = {0};

	if (artifact_cache_create(&fixture->loop, at(fixture->folder, "cache"),
				  at(fixture->folder, "guest"), "engine-1", &fixture->cache, &err))
		fail_msg("%s", err.text);
}

static inline void close_cache(struct fixture *fixture)
{
	fixture->closed = 0;
	artifact_cache_close(fixture->cache, on_closed, &fixture->closed);
	assert_int_equal(fixture->closed, 0);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(fixture->closed, 1);
}

static inline int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (folder_setup((void **)&fixture->folder))
		return -1;
	mkfifo(at(fixture->folder, "gate"), 0600);
	fixture->gate = open(at(fixture->folder, "gate"), O_RDWR | O_CLOEXEC);
	make_guest(fixture->folder, GUEST_BEGIN GUEST_END);
	make_file(fixture->folder, "x.wasm", "x");
	make_file(fixture->folder, "y.wasm", "y");
	uv_loop_init(&fixture->loop);
	open_cache(fixture);
	*state = fixture;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_cache(fixture);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	close(fixture->gate);
	folder_teardown((void **)&fixture->folder);
	free(fixture);
	return 0;
}

static inline void ask(struct fixture *fixture, const char *file, struct asked *asked)
{
	static const struct artifact_events events = {on_progress, on_done, on_failed};
	char name[8] = "";

	*asked = (struct asked){.cache = fixture->cache};
	name[0] = file[0];
	assert_int_equal(artifact_request(fixture->cache, at(fixture->folder, file), name, &events,
					  asked, &asked->request),
			 0);
}

static inline void run_to_end(struct fixture *fixture, const struct asked *asked)
{
	while (!asked->ended)
		uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(asked->ended, 1);
}

static inline void run_to_progress(struct fixture *fixture, const struct asked *asked,
				   const char *text)
{
	while (!strstr(asked->progress, text))
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static inline void open_gate(const struct fixture *fixture)
{
	assert_int_equal(write(fixture->gate, "\n", 1), 1);
}

static inline void assert_content(const char *path, const char *expected)
{
	char got[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(read(fd, got, sizeof(got) - 1) >= 0);
	close(fd);
	assert_string_equal(got, expected);
}

static inline void assert_runs(const struct fixture *fixture, int count)
{
	struct stat info = {0};

	stat(at(fixture->folder, "log"), &info);
	assert_int_equal(info.st_size, 4 * count); /* "run\n" */
}

static inline void assert_no_temporaries(const struct fixture *fixture)
{
	char command[256], line[256] = "";
	FILE *list;

	snprintf(command, sizeof(command), "ls %s | grep tmp", at(fixture->folder, "cache"));
	list = popen(command, "re");
	if (fgets(line, sizeof(line), list))
		fail_msg("left behind: %s", line);
	pclose(list);
}

static inline const char *get(struct fixture *fixture, const char *file, struct asked *asked)
{
	ask(fixture, file, asked);
	run_to_end(fixture, asked);
	if (*asked->failure)
		fail_msg("%s", asked->failure);
	return asked->path;
}

#endif
