/* The broker's end of a guest's channel, for the tests of src/guest. */
#ifndef TESTS_GUEST_BROKER_H
#define TESTS_GUEST_BROKER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/error.h"
#include "guest/channel.h"
#include "wire/value.h"

struct broker {
	int fd;
	struct buffer in;
};

static inline void broker_open(struct broker *broker, struct channel *channel)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	broker->fd = fds[0];
	buffer_init(&broker->in, FRAME_SIZE_MAX);
	channel_init(channel, fds[1]);
}

static inline void broker_close(struct broker *broker, struct channel *channel)
{
	channel_finish(channel);
	buffer_finish(&broker->in);
	close(broker->fd);
}

/* The next frame of the guest. The caller releases it. */
static inline cbor_item_t *broker_receive(struct broker *broker)
{
	cbor_item_t *frame;
	int ret;

	while (!(ret = frame_next(&broker->in, FRAME_FROM_GUEST_MAX, &frame, NULL))) {
		char *room = buffer_reserve(&broker->in, 4096);
		ssize_t count = read(broker->fd, room, 4096);

		assert_true(count > 0);
		buffer_commit(&broker->in, (size_t)count);
	}
	assert_int_equal(ret, 1);
	return frame;
}

/* Sends a frame with one item, of which it takes ownership. It has to fit into the socket. */
static inline void broker_send(struct broker *broker, enum frame_type type, uint64_t id,
			       cbor_item_t *item)
{
	struct buffer out;

	buffer_init(&out, FRAME_SIZE_MAX);
	assert_int_equal(frame_append(&out, type, id, 1, item), 0);
	assert_int_equal(write(broker->fd, out.data, out.size), (ssize_t)out.size);
	buffer_finish(&out);
}

/* The exit status of a child that runs `guest`. */
static inline int broker_fork(void (*guest)(void *arg), void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		guest(arg);
		_exit(99); /* it has returned */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline void assert_item_text(const cbor_item_t *frame, size_t index, const char *expected)
{
	const char *text = "";
	size_t size = 0;

	assert_int_equal(value_get_text(frame, index, &text, &size), 0);
	assert_int_equal(size, strlen(expected));
	assert_memory_equal(text, expected, size);
}

#endif
