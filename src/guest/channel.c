#include "guest/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "wire/value.h"

#define READ_SIZE 65536
#define ITEMS_MAX 4

void channel_init(struct channel *channel, int fd)
{
	channel->fd = fd;
	channel->passed_fd = -1;
	buffer_init(&channel->in, FRAME_SIZE_MAX + READ_SIZE);
	buffer_init(&channel->out, FRAME_SIZE_MAX + FRAME_HEADER_SIZE);
}

void channel_finish(struct channel *channel)
{
	buffer_finish(&channel->in);
	buffer_finish(&channel->out);
	if (channel->passed_fd >= 0)
		close(channel->passed_fd);
	close(channel->fd);
}

static void send_all(struct channel *channel)
{
	size_t sent = 0;

	while (sent < channel->out.size) {
		ssize_t count =
			write(channel->fd, channel->out.data + sent, channel->out.size - sent);

		if (count < 0 && errno != EINTR)
			_exit(0);
		if (count > 0)
			sent += (size_t)count;
	}
	buffer_clear(&channel->out);
}

void channel_send(struct channel *channel, enum frame_type type, uint64_t id, size_t count, ...)
{
	cbor_item_t *items[ITEMS_MAX] = {0};
	va_list args;
	int ret;

	va_start(args, count);
	for (size_t i = 0; i < count && i < ITEMS_MAX; i++)
		items[i] = va_arg(args, cbor_item_t *);
	va_end(args);
	ret = frame_append(&channel->out, type, id, count, items[0], items[1], items[2], items[3]);
	if (!ret && channel->out.size - FRAME_HEADER_SIZE > FRAME_FROM_GUEST_MAX) {
		buffer_clear(&channel->out);
		ret = ERROR_TOO_LARGE;
	}
	if (ret == ERROR_TOO_LARGE && type == FRAME_ANSWER)
		ret = frame_append(&channel->out, type, id, 2, value_unsigned(OUTCOME_FAILED),
				   value_text("the result is larger than 1 MiB"));
	if (ret)
		_exit(1);
	send_all(channel);
}

static void keep_passed_fd(struct channel *channel, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		if (channel->passed_fd >= 0)
			close(channel->passed_fd);
		memcpy(&channel->passed_fd, CMSG_DATA(c), sizeof(int));
	}
}

static void receive_some(struct channel *channel)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char *room = buffer_reserve(&channel->in, READ_SIZE);
	struct iovec data = {.iov_base = room, .iov_len = READ_SIZE};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t count;

	if (!room)
		_exit(1);
	do
		count = recvmsg(channel->fd, &message, MSG_CMSG_CLOEXEC);
	while (count < 0 && errno == EINTR);
	if (count <= 0)
		_exit(0); /* the broker closed the socket, or is gone */
	keep_passed_fd(channel, &message);
	buffer_commit(&channel->in, (size_t)count);
}

cbor_item_t *channel_receive(struct channel *channel)
{
	cbor_item_t *frame;
	int ret;

	for (;;) {
		ret = frame_next(&channel->in, FRAME_SIZE_MAX, &frame, NULL);
		if (ret > 0)
			return frame;
		if (ret < 0)
			_exit(1);
		receive_some(channel);
	}
}

void channel_log(struct channel *channel, unsigned level, const char *text, size_t size)
{
	if (size > LOG_TEXT_SIZE)
		size = LOG_TEXT_SIZE;
	channel_send(channel, FRAME_LOG, level, 1,
		     cbor_build_bytestring((cbor_data)(const void *)text, size));
}

int channel_take_fd(struct channel *channel)
{
	int fd = channel->passed_fd;

	channel->passed_fd = -1;
	return fd;
}
