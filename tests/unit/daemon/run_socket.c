/* The command socket: who is answered, what is believed, and what is left of a node that died. */
#include "daemon/run_socket.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "cli/run_answer.h"

#define LARGE (1u << 20) /* more than a socket takes without a reader */

#define NEVER_MS 3600000

struct bench {
	uv_loop_t loop;
	char folder[32], path[PATH_MAX];
	struct run_socket *socket;
	uv_thread_t asker;
	uv_async_t asked;
	struct run_answer answer;
	struct error err;
	int ret;
	size_t padding; /* of the answer */
	uint64_t patience_ms;
};

static json_t *show(void *arg)
{
	const struct bench *bench = arg;
	char *padding = calloc(1, bench->padding + 1);
	json_t *answer;

	memset(padding, 'x', bench->padding);
	answer = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:n, s:[{s:s}]}", "pid",
			   getpid(), "version", "1", "node", "a", "role", "hub", "scheme", "http",
			   "address", "127.0.0.1:1", "pin", "data", bench->folder, "plugins_folder",
			   "/plugins", "config", "plugins", "name", padding);
	free(padding);
	return answer;
}

static int listen_at(struct bench *bench)
{
	return run_socket_create(&bench->loop, bench->path, bench->patience_ms, show, bench,
				 &bench->socket, &bench->err);
}

static void stop_listening(struct bench *bench)
{
	run_socket_close(bench->socket);
	uv_run(&bench->loop, UV_RUN_DEFAULT);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	snprintf(bench->folder, sizeof(bench->folder), "/tmp/hv-XXXXXX");
	uv_loop_init(&bench->loop);
	bench->patience_ms = NEVER_MS;
	return !mkdtemp(bench->folder) ||
	       run_socket_path(bench->folder, bench->folder, bench->path, NULL) || listen_at(bench);
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	stop_listening(bench);
	uv_loop_close(&bench->loop);
	assert_int_equal(access(bench->path, F_OK), -1);
	rmdir(bench->folder);
	free(bench);
	return 0;
}

static void ask(void *arg)
{
	struct bench *bench = arg;

	bench->ret = run_answer_ask(bench->path, &bench->answer, &bench->err);
	uv_async_send(&bench->asked);
}

static void on_asked(uv_async_t *async)
{
	uv_close((uv_handle_t *)async, NULL);
	uv_stop(async->loop);
}

/* As another process does, while the loop runs. */
static int ask_node(struct bench *bench)
{
	run_answer_finish(&bench->answer);
	uv_async_init(&bench->loop, &bench->asked, on_asked);
	uv_thread_create(&bench->asker, ask, bench);
	uv_run(&bench->loop, UV_RUN_DEFAULT);
	uv_thread_join(&bench->asker);
	return bench->ret;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void test_answer(void **state)
{
	struct bench *bench = *state;
	struct stat found;

	assert_int_equal(ask_node(bench), 0);
	assert_string_equal(bench->answer.data, bench->folder);
	assert_int_equal(bench->answer.pid, getpid());
	assert_int_equal(run_socket_counters(bench->socket).answered, 1);
	assert_return_code(stat(bench->path, &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	run_answer_finish(&bench->answer);
}

/* At the limit each has its answer under way; one more is refused, and counted. */
static void test_more_clients_than_the_limit(void **state)
{
	struct bench *bench = *state;
	int clients[RUN_SOCKET_CLIENTS_MAX];

	bench->padding = LARGE;
	for (int i = 0; i < RUN_SOCKET_CLIENTS_MAX; i++) {
		clients[i] = connect_to(bench->path);
		uv_run(&bench->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(run_socket_counters(bench->socket).refused, 0);
	assert_int_not_equal(ask_node(bench), 0);
	assert_int_equal(run_socket_counters(bench->socket).refused, 1);
	for (int i = 0; i < RUN_SOCKET_CLIENTS_MAX; i++)
		close(clients[i]);
	bench->padding = 0;
	uv_run(&bench->loop, UV_RUN_NOWAIT);
	assert_int_equal(ask_node(bench), 0);
	run_answer_finish(&bench->answer);
}

static void test_who_does_not_read_is_let_go_of(void **state)
{
	struct bench *bench = *state;
	int client;

	stop_listening(bench);
	bench->patience_ms = 1;
	assert_int_equal(listen_at(bench), 0);
	bench->padding = LARGE;
	client = connect_to(bench->path);
	while (!run_socket_counters(bench->socket).timed_out)
		uv_run(&bench->loop, UV_RUN_ONCE);
	close(client);
}

static void test_a_live_node_keeps_its_socket(void **state)
{
	struct bench *bench = *state;
	struct run_socket *second = NULL;

	assert_int_equal(run_socket_create(&bench->loop, bench->path, NEVER_MS, show, bench,
					   &second, &bench->err),
			 ERROR_BUSY);
	assert_null(second);
	assert_int_equal(ask_node(bench), 0);
	run_answer_finish(&bench->answer);
}

static void test_what_a_dead_node_left_is_replaced(void **state)
{
	struct bench *bench = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	stop_listening(bench);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", bench->path);
	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd); /* nobody listens, but the file is there */
	assert_return_code(access(bench->path, F_OK), 0);
	assert_int_equal(run_answer_ask(bench->path, &bench->answer, &bench->err), ERROR_NOT_FOUND);
	assert_int_equal(listen_at(bench), 0);
	assert_int_equal(ask_node(bench), 0);
	run_answer_finish(&bench->answer);
}

/* A path has a limit; a longer one is an error and not another path. */
static void test_too_long_a_path(void **state)
{
	char folder[200], path[PATH_MAX];
	struct error err;

	(void)state;
	memset(folder, 'x', sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = '\0';
	assert_int_equal(run_socket_path(folder, "/", path, &err), ERROR_TOO_LARGE);
	assert_int_equal(run_socket_path("/tmp", "/no/such", path, &err), ERROR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_more_clients_than_the_limit, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_who_does_not_read_is_let_go_of, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_live_node_keeps_its_socket, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_what_a_dead_node_left_is_replaced, set_up,
						tear_down),
		cmocka_unit_test(test_too_long_a_path),
	};

	signal(SIGPIPE, SIG_IGN); /* as a node does: clients go away */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
