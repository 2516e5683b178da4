/*
 * The command socket, from both ends. The first byte is even: the rest is what a client sends to a
 * node, which reads nothing and answers all the same. Odd: the rest is what a command reads from a
 * socket that lies.
 */
#include "daemon/run_socket.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "cli/run_answer.h"
#include "fuzz.h"

static json_t *show(void *arg)
{
	(void)arg;
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:n, s:s, s:s, s:n, s:[{s:s}]}", "pid", 1,
			 "version", "1", "node", "a", "role", "hub", "scheme", "http", "address",
			 "[::1]:3000", "pin", "data", "/d", "plugins_folder", "/p", "config",
			 "plugins", "name", "one");
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%.100s", path);
	CHECK(!connect(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

/* Until the node has closed it; what was sent and not read may end it early. */
static void read_answer(uv_loop_t *loop, int fd, struct buffer *text)
{
	char bytes[4096];
	ssize_t size;

	while (true) {
		uv_run(loop, UV_RUN_NOWAIT);
		size = read(fd, bytes, sizeof(bytes));
		if (!size || (size < 0 && errno != EAGAIN))
			return;
		if (size > 0)
			CHECK(!buffer_append(text, bytes, (size_t)size));
	}
}

static void send_to_node(const uint8_t *data, size_t size)
{
	struct run_answer answer = {0};
	struct run_socket *socket;
	struct buffer text;
	uv_loop_t loop;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/tmp/hv-fuzz-%d.sock", (int)getpid());
	CHECK(!uv_loop_init(&loop));
	CHECK(!run_socket_create(&loop, path, RUN_SOCKET_ANSWER_MS, show, NULL, &socket, NULL));
	fd = connect_to(path);
	CHECK(size == 0 || send(fd, data, size, MSG_NOSIGNAL) > 0);
	buffer_init(&text, RUN_ANSWER_SIZE_MAX);
	read_answer(&loop, fd, &text);
	close(fd);
	CHECK(!run_answer_parse(text.data ? text.data : "", text.size, &answer, NULL));
	CHECK(run_socket_counters(socket).answered == 1 && !run_socket_counters(socket).refused);
	run_answer_finish(&answer);
	buffer_finish(&text);
	run_socket_close(socket);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(!uv_loop_close(&loop));
	CHECK(access(path, F_OK));
}

static void check_text(const char *text)
{
	CHECK(text && *text);
	for (; *text; text++)
		CHECK((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_answer(const struct run_answer *answer)
{
	check_text(answer->version);
	check_text(answer->node);
	check_text(answer->role);
	check_text(answer->scheme);
	check_text(answer->address);
	check_text(answer->data);
	check_text(answer->plugins_folder);
	CHECK(*answer->data == '/' && *answer->plugins_folder == '/');
	CHECK(!answer->config || *answer->config == '/');
	CHECK(answer->pid > 0 && json_is_array(answer->plugins));
}

static void believe(const uint8_t *data, size_t size)
{
	struct run_answer answer = {0};
	struct error err = {0};
	int fds[2], ret;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	CHECK(size == 0 || send(fds[1], data, size, MSG_NOSIGNAL) > 0);
	close(fds[1]);
	ret = run_answer_read(fds[0], RUN_SOCKET_ANSWER_MS, &answer, &err);
	close(fds[0]);
	CHECK((ret == 0) == (answer.root != NULL));
	if (ret)
		CHECK(*err.text);
	else
		check_answer(&answer);
	run_answer_finish(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	signal(SIGPIPE, SIG_IGN); /* as a node does */
	if (*data % 2)
		believe(data + 1, size - 1);
	else
		send_to_node(data + 1, size - 1);
	return 0;
}
