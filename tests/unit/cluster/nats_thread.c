#include "cluster/nats_thread.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"

/* A server that accepts connections and never says a word. */
struct fixture {
	uv_loop_t loop;
	int server;
	char url[64];
	const char *tls_ca; /* NULL: none */
	struct mailbox *mailbox;
	struct nats_thread *thread;
	unsigned closed;
};

static void on_mail(void *arg)
{
	(void)arg;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->closed++;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	uv_loop_init(&fixture->loop);
	fixture->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fixture->server, (struct sockaddr *)&address, size) ||
	    listen(fixture->server, 8) ||
	    getsockname(fixture->server, (struct sockaddr *)&address, &size))
		return -1;
	snprintf(fixture->url, sizeof(fixture->url), "nats://127.0.0.1:%u",
		 ntohs(address.sin_port));
	fixture->mailbox = mailbox_create(&fixture->loop, on_mail, fixture);
	*state = fixture;
	return fixture->mailbox ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mailbox_close(fixture->mailbox, on_closed, fixture);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	close(fixture->server);
	free(fixture);
	return 0;
}

static int create(struct fixture *fixture, struct error *err)
{
	const char *const urls[] = {fixture->url};
	const struct nats_engine_config config = {
		.loop = &fixture->loop,
		.urls = urls,
		.urls_count = 1,
		.tls_ca = fixture->tls_ca,
		.tls_certificate = fixture->tls_ca,
		.tls_key = fixture->tls_ca,
		.name = "test",
	};

	return nats_thread_create(&config, "_INBOX.test", fixture->mailbox, &fixture->thread, err);
}

static void close_thread(struct fixture *fixture)
{
	nats_thread_close(fixture->thread, on_closed, fixture);
	while (!fixture->closed)
		uv_run(&fixture->loop, UV_RUN_ONCE);
}

static struct mail *some_mail(void)
{
	const struct engine_message message = {.subject = "a", .data = "b", .size = 1};

	return mail_create(&message);
}

static void a_silent_server_does_not_hold_up_the_end(void **state)
{
	struct fixture *fixture = *state;
	int connection;

	assert_int_equal(create(fixture, NULL), 0);
	assert_int_equal(nats_thread_subscribe(fixture->thread, 0, "harvester.x"), 0);
	assert_int_equal(nats_thread_open(fixture->thread), 0);
	connection =
		accept(fixture->server, NULL, NULL); /* it waits for the server's first words */
	assert_true(connection >= 0);
	close_thread(fixture);
	/* It waits still: nobody has closed the connection. */
	assert_int_equal(recv(connection, &(char){0}, 1, MSG_DONTWAIT), -1);
	close(connection);
}

static void a_thread_without_a_connection_ends(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(create(fixture, NULL), 0);
	assert_int_equal(nats_thread_send(fixture->thread, some_mail(), 0), 0);
	assert_int_equal(nats_thread_send(fixture->thread, NULL, 0), ERROR_NO_MEMORY);
	close_thread(fixture);
}

static void messages_leave_room_for_what_connects(void **state)
{
	struct fixture *fixture = *state;
	int ret = 0, connection;

	assert_int_equal(create(fixture, NULL), 0);
	assert_int_equal(nats_thread_open(fixture->thread), 0);
	connection = accept(fixture->server, NULL, NULL); /* so the thread takes no further job */
	for (unsigned i = 0; !ret && i <= NATS_JOBS_MAX; i++)
		ret = nats_thread_send(fixture->thread, some_mail(), 0);
	assert_int_equal(ret, ERROR_BUSY);
	assert_int_equal(nats_thread_subscribe(fixture->thread, 1, "harvester.y"), 0);
	close(connection);
	close_thread(fixture);
}

static void a_missing_certificate_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct error err = {0};

	fixture->tls_ca = "/does/not/exist";
	assert_int_equal(create(fixture, &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "certificate"));
	assert_null(fixture->thread);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_silent_server_does_not_hold_up_the_end),
		TEST(a_thread_without_a_connection_ends),
		TEST(messages_leave_room_for_what_connects),
		TEST(a_missing_certificate_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
