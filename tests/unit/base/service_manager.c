/* What a service manager is told, against a socket that stands for systemd's. */
#include "base/service_manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"

#define NEVER_MS 3600000

struct bench {
	uv_loop_t loop;
	struct clock_manual clock;
	struct service_manager *manager;
	uv_timer_t busy; /* keeps the loop waiting for its next timer */
	struct error err;
	char folder[32], path[64], status[32];
	int fd;
};

static void write_status(void *arg, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s", (const char *)arg);
}

static void bind_to(struct bench *bench, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = strlen(name);

	memcpy(address.sun_path, name, size);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	bench->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(bench->fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
			 0);
}

static int set_up(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	snprintf(bench->folder, sizeof(bench->folder), "/tmp/service-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->path, sizeof(bench->path), "%s/notify", bench->folder);
	uv_loop_init(&bench->loop);
	clock_manual_init(&bench->clock, 0);
	clock_manual_advance_ns(&bench->clock, 1234567);
	snprintf(bench->status, sizeof(bench->status), "3 plugins run");
	bench->fd = -1;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	service_manager_close(bench->manager);
	uv_run(&bench->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&bench->loop), 0);
	close(bench->fd);
	unlink(bench->path);
	rmdir(bench->folder);
	free(bench);
	return 0;
}

static int open_manager(struct bench *bench)
{
	return service_manager_open(&bench->loop, &bench->clock.base, write_status, bench->status,
				    &bench->manager, &bench->err);
}

static void expect(const struct bench *bench, const char *expected)
{
	char text[1024];
	ssize_t size = recv(bench->fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	assert_true(size > 0);
	text[size] = '\0';
	assert_string_equal(text, expected);
}

static void expect_nothing(const struct bench *bench)
{
	char text[16];

	assert_int_equal(recv(bench->fd, text, sizeof(text), MSG_DONTWAIT), -1);
}

static void says_what_happens(void **state)
{
	struct bench *bench = *state;

	bind_to(bench, bench->path);
	setenv("NOTIFY_SOCKET", bench->path, 1);
	assert_int_equal(open_manager(bench), 0);
	service_manager_ready(bench->manager);
	expect(bench, "READY=1\nSTATUS=3 plugins run");
	service_manager_reloading(bench->manager);
	expect(bench, "RELOADING=1\nMONOTONIC_USEC=1234\nSTATUS=3 plugins run");
	service_manager_stopping(bench->manager);
	expect(bench, "STOPPING=1\nSTATUS=3 plugins run");
	expect_nothing(bench);
}

static void abstract_name(void **state)
{
	struct bench *bench = *state;
	char name[64];

	snprintf(name, sizeof(name), "@harvester-test-%d", (int)getpid());
	bind_to(bench, name);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(open_manager(bench), 0);
	service_manager_ready(bench->manager);
	expect(bench, "READY=1\nSTATUS=3 plugins run");
}

static void never(uv_timer_t *timer)
{
	(void)timer;
}

/* The loop itself sends it, again and again. */
static void feeds_the_watchdog(void **state)
{
	struct bench *bench = *state;

	bind_to(bench, bench->path);
	setenv("NOTIFY_SOCKET", bench->path, 1);
	setenv("WATCHDOG_USEC", "3000", 1);
	assert_int_equal(open_manager(bench), 0);
	expect_nothing(bench);
	uv_timer_init(&bench->loop, &bench->busy);
	uv_timer_start(&bench->busy, never, NEVER_MS, 0);
	for (int i = 0; i < 3; i++) {
		char text[64];
		ssize_t size;

		while ((size = recv(bench->fd, text, sizeof(text) - 1, MSG_DONTWAIT)) < 0)
			uv_run(&bench->loop, UV_RUN_ONCE);
		text[size] = '\0';
		assert_string_equal(text, "WATCHDOG=1\nSTATUS=3 plugins run");
	}
	uv_close((uv_handle_t *)&bench->busy, NULL);
}

static void has_no_watchdog(struct bench *bench)
{
	bind_to(bench, bench->path);
	setenv("NOTIFY_SOCKET", bench->path, 1);
	assert_int_equal(open_manager(bench), 0);
	uv_run(&bench->loop, UV_RUN_NOWAIT);
	uv_run(&bench->loop, UV_RUN_NOWAIT);
	expect_nothing(bench);
}

static void watchdog_of_another_process(void **state)
{
	setenv("WATCHDOG_USEC", "3000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	has_no_watchdog(*state);
}

static void watchdog_that_is_no_number(void **state)
{
	setenv("WATCHDOG_USEC", "3s", 1);
	has_no_watchdog(*state);
}

static void leaves_nothing_to_children(void **state)
{
	struct bench *bench = *state;

	bind_to(bench, bench->path);
	setenv("NOTIFY_SOCKET", bench->path, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(open_manager(bench), 0);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
}

static void without_a_manager(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(open_manager(bench), 0);
	service_manager_ready(bench->manager);
	service_manager_ready(NULL);
	service_manager_close(NULL);
}

/* Nobody receives: the node goes on. */
static void manager_that_is_gone(void **state)
{
	struct bench *bench = *state;

	setenv("NOTIFY_SOCKET", bench->path, 1);
	assert_int_equal(open_manager(bench), 0);
	service_manager_ready(bench->manager);
	service_manager_stopping(bench->manager);
}

static void refuse(struct bench *bench, const char *name)
{
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(open_manager(bench), ERROR_INVALID);
	assert_non_null(strstr(bench->err.text, "NOTIFY_SOCKET is "));
	assert_null(bench->manager);
	assert_null(getenv("NOTIFY_SOCKET"));
}

/* The longest name that fits is taken, one byte more is not: unix(7), 108 bytes with the end. */
static void names(void **state)
{
	struct bench *bench = *state;
	char name[110];

	refuse(bench, "vsock:2:1");
	refuse(bench, "relative");
	refuse(bench, "/");
	refuse(bench, "@");
	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[108] = '\0';
	refuse(bench, name);
	name[107] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(open_manager(bench), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_what_happens),
		TEST(abstract_name),
		TEST(feeds_the_watchdog),
		TEST(watchdog_of_another_process),
		TEST(watchdog_that_is_no_number),
		TEST(leaves_nothing_to_children),
		TEST(without_a_manager),
		TEST(manager_that_is_gone),
		TEST(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
