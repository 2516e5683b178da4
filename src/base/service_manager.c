#include "base/service_manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"

#define MESSAGE_SIZE (SERVICE_STATUS_SIZE + 128)
#define FEEDS_A_PERIOD 3 /* so that two may be late */

struct service_manager {
	struct clock *clock; /* borrowed */
	service_status *status;
	void *arg;
	int fd; /* -1: there is no service manager */
	struct sockaddr_un address;
	socklen_t address_size;
	uint64_t feed_ms; /* 0: no watchdog */
	uv_timer_t feeding;
};

/* Environment */

/* A number of the environment; 0 if it is not there or no number. */
static uint64_t take_number(const char *name)
{
	const char *text = getenv(name);
	char *end;
	uint64_t number = text ? strtoull(text, &end, 10) : 0;

	if (text && (*end || end == text))
		number = 0;
	unsetenv(name);
	return number;
}

/* The watchdog may be meant for another process, which then had this one as its child. */
static uint64_t take_watchdog(void)
{
	uint64_t period_us = take_number("WATCHDOG_USEC");
	uint64_t pid = take_number("WATCHDOG_PID");
	uint64_t feed_ms = period_us / 1000 / FEEDS_A_PERIOD;

	if (!period_us || (pid && pid != (uint64_t)getpid()))
		return 0;
	return feed_ms ? feed_ms : 1;
}

/* A path, or "@NAME" for a name that is in no folder (unix(7): abstract). */
static int set_address(struct service_manager *manager, const char *name, struct error *err)
{
	size_t size = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || size < 2 ||
	    size >= sizeof(manager->address.sun_path))
		return error_set(err, ERROR_INVALID,
				 "the service manager's socket must be a path or @NAME of at most "
				 "%zu bytes: NOTIFY_SOCKET is %.100s",
				 sizeof(manager->address.sun_path) - 1, name);
	manager->address.sun_family = AF_UNIX;
	memcpy(manager->address.sun_path, name, size);
	if (name[0] == '@')
		manager->address.sun_path[0] = '\0';
	manager->address_size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (name[0] == '/'));
	return 0;
}

static int take_socket(struct service_manager *manager, struct error *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int ret = name && *name ? set_address(manager, name, err) : 0;

	manager->fd = -1;
	if (!ret && name && *name) {
		manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (manager->fd < 0)
			ret = error_set_errno(err, ERROR_SYSTEM, errno,
					      "cannot make a socket for the service manager (close "
					      "other programs)");
	}
	unsetenv("NOTIFY_SOCKET");
	return ret;
}

/* Messages */

/* `what` is a text of lines; the status line follows it. */
static void send_message(struct service_manager *manager, const char *what)
{
	char status[SERVICE_STATUS_SIZE] = "", message[MESSAGE_SIZE];
	int size;

	if (!manager || manager->fd < 0)
		return;
	manager->status(manager->arg, status, sizeof(status));
	size = snprintf(message, sizeof(message), "%s\nSTATUS=%s", what, status);
	if (size > 0 && size < (int)sizeof(message))
		sendto(manager->fd, message, (size_t)size, MSG_NOSIGNAL,
		       (const struct sockaddr *)&manager->address, manager->address_size);
}

static void feed(uv_timer_t *timer)
{
	send_message(timer->data, "WATCHDOG=1");
}

void service_manager_ready(struct service_manager *manager)
{
	send_message(manager, "READY=1");
}

void service_manager_reloading(struct service_manager *manager)
{
	char text[64];

	/* The time tells the manager which of two reloads this is about. */
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		 clock_monotonic_ns(manager->clock) / 1000);
	send_message(manager, text);
}

void service_manager_stopping(struct service_manager *manager)
{
	send_message(manager, "STOPPING=1");
}

/* Life */

int service_manager_open(uv_loop_t *loop, struct clock *clock, service_status *status, void *arg,
			 struct service_manager **ret_manager, struct error *err)
{
	struct service_manager *manager = calloc(1, sizeof(*manager));
	int ret;

	if (!manager)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while connecting to the service manager; this "
				 "machine needs more free memory");
	manager->clock = clock;
	manager->status = status;
	manager->arg = arg;
	manager->feed_ms = take_watchdog();
	ret = take_socket(manager, err);
	if (ret) {
		free(manager);
		return ret;
	}
	uv_timer_init(loop, &manager->feeding);
	uv_unref((uv_handle_t *)&manager->feeding);
	manager->feeding.data = manager;
	if (manager->feed_ms && manager->fd >= 0)
		uv_timer_start(&manager->feeding, feed, 0, manager->feed_ms);
	*ret_manager = manager;
	return 0;
}

static void closed(uv_handle_t *timer)
{
	free(timer->data);
}

void service_manager_close(struct service_manager *manager)
{
	if (!manager)
		return;
	if (manager->fd >= 0)
		close(manager->fd);
	manager->fd = -1;
	uv_close((uv_handle_t *)&manager->feeding, closed);
}
