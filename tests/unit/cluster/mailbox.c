#include "cluster/mailbox.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 3
#define MAILS 1000

struct fixture {
	uv_loop_t loop;
	struct mailbox *mailbox;
	unsigned woken;
	bool is_closed;
};

static void on_mail(void *arg)
{
	((struct fixture *)arg)->woken++;
}

static void on_closed(void *arg)
{
	((struct fixture *)arg)->is_closed = true;
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	uv_loop_init(&fixture->loop);
	fixture->mailbox = mailbox_create(&fixture->loop, on_mail, fixture);
	*state = fixture;
	return fixture->mailbox ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	mailbox_close(fixture->mailbox, on_closed, fixture);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_true(fixture->is_closed);
	assert_int_equal(uv_loop_close(&fixture->loop), 0);
	free(fixture);
	return 0;
}

static void put(struct mailbox *mailbox, uint64_t number, size_t size)
{
	char *data = calloc(1, size + 1);
	const struct engine_message message = {.subject = "a", .data = data, .size = size};

	mailbox_put(mailbox, MAIL_ANSWER, number, &message, false, NULL);
	free(data);
}

static void a_message_arrives_whole(void **state)
{
	struct fixture *fixture = *state;
	const struct engine_header headers[] = {{"Nats-Msg-Id", "a/1/1-2"}, {"Empty", ""}};
	const struct engine_message message = {.subject = "harvester.log.a",
					       .reply = "_INBOX.a.1",
					       .data = "da\0ta",
					       .size = 5,
					       .headers = headers,
					       .headers_count = 2};
	struct mail *mail;

	mailbox_put(fixture->mailbox, MAIL_MESSAGE, 3, &message, true, NULL);
	uv_run(&fixture->loop, UV_RUN_ONCE);
	assert_int_equal(fixture->woken, 1);
	mail = mailbox_take(fixture->mailbox);
	assert_non_null(mail);
	assert_int_equal(mail->kind, MAIL_MESSAGE);
	assert_int_equal(mail->number, 3);
	assert_true(mail->has_no_responders);
	assert_string_equal(mail->message.subject, "harvester.log.a");
	assert_string_equal(mail->message.reply, "_INBOX.a.1");
	assert_int_equal(mail->message.size, 5);
	assert_memory_equal(mail->message.data, "da\0ta", 5);
	assert_string_equal(engine_header(&mail->message, "nats-msg-id"), "a/1/1-2");
	assert_string_equal(engine_header(&mail->message, "Empty"), "");
	assert_null(engine_header(&mail->message, "Other"));
	free(mail);
	assert_null(mailbox_take(fixture->mailbox));
}

static void a_full_mailbox_drops_messages_but_no_events(void **state)
{
	struct fixture *fixture = *state;
	size_t count = 0;
	struct mail *mail;

	for (unsigned i = 0; i <= MAILBOX_COUNT_MAX; i++)
		put(fixture->mailbox, i, 1);
	assert_int_equal(mailbox_dropped(fixture->mailbox), 1);
	mailbox_put(fixture->mailbox, MAIL_DISCONNECTED, 0, NULL, false, "gone");
	for (; (mail = mailbox_take(fixture->mailbox)); count++) {
		if (mail->kind == MAIL_DISCONNECTED)
			assert_string_equal(mail->message.subject, "gone");
		else
			assert_int_equal(mail->number, count);
		free(mail);
	}
	assert_int_equal(count, MAILBOX_COUNT_MAX + 1);
	put(fixture->mailbox, 0, 1); /* there is room again */
	assert_int_equal(mailbox_dropped(fixture->mailbox), 1);
}

static void the_bytes_are_limited_too(void **state)
{
	struct fixture *fixture = *state;
	unsigned fit = 0;
	uint64_t dropped;

	for (unsigned i = 0; i < MAILBOX_BYTES_MAX / ENGINE_MESSAGE_MAX + 1; i++)
		put(fixture->mailbox, i, ENGINE_MESSAGE_MAX);
	assert_true(mailbox_dropped(fixture->mailbox) > 0);
	for (struct mail *mail; (mail = mailbox_take(fixture->mailbox)); fit++)
		free(mail);
	assert_int_equal(fit, MAILBOX_BYTES_MAX / ENGINE_MESSAGE_MAX - 1);
	dropped = mailbox_dropped(fixture->mailbox);
	put(fixture->mailbox, 7, ENGINE_MESSAGE_MAX); /* there is room again */
	free(mailbox_take(fixture->mailbox));
	assert_int_equal(mailbox_dropped(fixture->mailbox), dropped);
}

struct producer {
	struct mailbox *mailbox;
	uint64_t number;
	pthread_t thread;
};

static void *produce(void *arg)
{
	struct producer *producer = arg;

	for (uint64_t i = 0; i < MAILS; i++)
		put(producer->mailbox, producer->number * MAILS + i, 8);
	mailbox_release(producer->mailbox);
	return NULL;
}

/* Messages of each thread come in its order, and the mailbox outlives its close until all let go.
 */
static void threads_may_put_until_they_release_it(void **state)
{
	struct fixture *fixture = *state;
	struct producer producers[THREADS];
	uint64_t next[THREADS] = {0};
	unsigned taken = 0;

	for (uint64_t i = 0; i < THREADS; i++) {
		producers[i] = (struct producer){.mailbox = fixture->mailbox, .number = i};
		mailbox_hold(fixture->mailbox);
		pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
	}
	while (taken < THREADS * MAILS / 2) {
		struct mail *mail = mailbox_take(fixture->mailbox);

		if (!mail)
			continue;
		assert_int_equal(mail->number % MAILS, next[mail->number / MAILS]++);
		taken++;
		free(mail);
	}
	mailbox_close(fixture->mailbox, on_closed, fixture);
	uv_run(&fixture->loop, UV_RUN_DEFAULT);
	assert_true(fixture->is_closed);
	for (int i = 0; i < THREADS; i++)
		pthread_join(producers[i].thread, NULL);
	fixture->is_closed = false;
	fixture->mailbox = mailbox_create(&fixture->loop, on_mail, fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_arrives_whole),
		TEST(a_full_mailbox_drops_messages_but_no_events),
		TEST(the_bytes_are_limited_too),
		TEST(threads_may_put_until_they_release_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
