/* The guest's end of the socket; the test is the broker. */
#include "guest/channel.h"

#include <fcntl.h>
#include <signal.h>

#include "base/log.h"
#include "broker.h"

static void frames_cross_both_ways(void **state)
{
	struct channel channel;
	struct broker broker;
	cbor_item_t *frame;

	(void)state;
	broker_open(&broker, &channel);
	channel_send(&channel, FRAME_ANSWER, 7, 2, value_unsigned(OUTCOME_OK), value_text("x"));
	channel_send(&channel, FRAME_FORKED, 8, 0);
	frame = broker_receive(&broker);
	assert_int_equal(frame_type(frame), FRAME_ANSWER);
	assert_int_equal(frame_id(frame), 7);
	assert_item_text(frame, 3, "x");
	cbor_decref(&frame);
	frame = broker_receive(&broker);
	assert_int_equal(frame_type(frame), FRAME_FORKED);
	cbor_decref(&frame);
	broker_send(&broker, FRAME_CALL, 9, value_text("poll"));
	broker_send(&broker, FRAME_CALL, 10, value_text("update"));
	for (uint64_t id = 9; id < 11; id++) {
		frame = channel_receive(&channel);
		assert_int_equal(frame_id(frame), id);
		cbor_decref(&frame);
	}
	broker_close(&broker, &channel);
}

/* The broker would kill the guest for a frame that is too large. */
static void a_result_that_is_too_large_becomes_an_error(void **state)
{
	char *large = calloc(1, FRAME_FROM_GUEST_MAX + 1);
	enum frame_outcome outcome;
	struct channel channel;
	struct broker broker;
	cbor_item_t *frame;

	(void)state;
	memset(large, 'x', FRAME_FROM_GUEST_MAX);
	broker_open(&broker, &channel);
	channel_send(&channel, FRAME_ANSWER, 7, 2, value_unsigned(OUTCOME_OK), value_text(large));
	frame = broker_receive(&broker);
	assert_int_equal(frame_id(frame), 7);
	assert_int_equal(frame_get_outcome(frame, &outcome), 0);
	assert_int_equal(outcome, OUTCOME_FAILED);
	assert_item_text(frame, 3, "the result is larger than 1 MiB");
	cbor_decref(&frame);
	broker_close(&broker, &channel);
	free(large);
}

static void send_descriptor(struct broker *broker, int fd)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct buffer out;
	struct iovec data;
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	buffer_init(&out, 100);
	assert_int_equal(frame_append(&out, FRAME_FORK, 1, 0), 0);
	data = (struct iovec){.iov_base = out.data, .iov_len = out.size};
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	assert_int_equal(sendmsg(broker->fd, &message, 0), (ssize_t)out.size);
	buffer_finish(&out);
}

static void a_passed_socket_is_taken_once(void **state)
{
	struct channel channel;
	struct broker broker;
	cbor_item_t *frame;
	int pipes[2], fd;

	(void)state;
	broker_open(&broker, &channel);
	assert_int_equal(channel_take_fd(&channel), -1);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	send_descriptor(&broker, pipes[1]);
	close(pipes[1]);
	frame = channel_receive(&channel);
	assert_int_equal(frame_type(frame), FRAME_FORK);
	cbor_decref(&frame);
	fd = channel_take_fd(&channel);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(channel_take_fd(&channel), -1);
	close(fd);
	close(pipes[0]);
	broker_close(&broker, &channel);
}

static void receive(void *channel)
{
	channel_receive(channel);
}

static void send_one(void *channel)
{
	channel_send(channel, FRAME_FORKED, 1, 0);
}

/* A guest that nobody listens to has nothing left to do; only a broken broker sends noise. */
static void the_guest_ends_with_its_broker(void **state)
{
	struct channel channel;
	struct broker broker;

	(void)state;
	broker_open(&broker, &channel);
	assert_int_equal(write(broker.fd, "\1\0\0\0\0", 5), 5);
	assert_int_equal(broker_fork(receive, &channel), 1);
	shutdown(broker.fd, SHUT_RDWR);
	assert_int_equal(broker_fork(receive, &channel), 0);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(broker_fork(send_one, &channel), 0);
	broker_close(&broker, &channel);
}

static void a_log_line_is_cut(void **state)
{
	char line[LOG_TEXT_SIZE + 1];
	struct channel channel;
	struct broker broker;
	const uint8_t *bytes;
	cbor_item_t *frame;
	size_t size;

	(void)state;
	memset(line, 'x', sizeof(line));
	broker_open(&broker, &channel);
	channel_log(&channel, LOG_WARNING, line, sizeof(line));
	frame = broker_receive(&broker);
	assert_int_equal(frame_type(frame), FRAME_LOG);
	assert_int_equal(frame_id(frame), LOG_WARNING);
	assert_int_equal(value_get_bytes(frame, 2, &bytes, &size), 0);
	assert_int_equal(size, LOG_TEXT_SIZE);
	cbor_decref(&frame);
	broker_close(&broker, &channel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_cross_both_ways),
		cmocka_unit_test(a_result_that_is_too_large_becomes_an_error),
		cmocka_unit_test(a_passed_socket_is_taken_once),
		cmocka_unit_test(the_guest_ends_with_its_broker),
		cmocka_unit_test(a_log_line_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
