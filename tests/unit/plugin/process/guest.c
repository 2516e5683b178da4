/* The test is the guest: it holds the other end of the socket. */
#include "plugin/process/guest.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../emulated.h"
#include "base/buffer.h"
#include "base/error.h"
#include "loop.h"
#include "wire/value.h"

struct seen {
	int frames, exits;
	uint64_t last_id;
	int status;
	char reason[300];
};

static void see_frame(void *arg, const cbor_item_t *frame)
{
	struct seen *seen = arg;

	seen->frames++;
	seen->last_id = frame_id(frame);
}

static void see_exit(void *arg, int status, const char *reason)
{
	struct seen *seen = arg;

	seen->exits++;
	seen->status = status;
	snprintf(seen->reason, sizeof(seen->reason), "%s", reason);
}

static const struct guest_events events = {.on_frame = see_frame, .on_exited = see_exit};

/* A guest whose process says `bytes` on its socket, waits for it to end, and exits. */
static struct guest *start(struct seen *seen, const void *bytes, size_t size, int exit_code)
{
	struct guest *guest;
	int fd;
	pid_t pid;

	assert_int_equal(guest_prepare(&loop, reaper, &events, seen, &guest, &fd, NULL), 0);
	pid = fork();
	if (!pid) {
		char byte;

		if (write(fd, bytes, size) != (ssize_t)size)
			_exit(98);
		if (exit_code >= 0)
			_exit(exit_code);
		while (read(fd, &byte, 1) > 0)
			;
		raise(-exit_code);
		_exit(97);
	}
	close(fd);
	guest_set_pid(guest, pid);
	return guest;
}

static void wait_for_exit(struct seen *seen)
{
	while (!seen->exits)
		uv_run(&loop, UV_RUN_ONCE);
}

static void the_end_is_told_after_all_frames(void **state)
{
	struct seen seen = {0};
	struct buffer out;
	struct guest *guest;

	(void)state;
	buffer_init(&out, 1 << 20);
	for (uint64_t i = 1; i <= 100; i++)
		frame_append(&out, FRAME_ANSWER, i, 1, value_text("some text that takes room"));
	guest = start(&seen, out.data, out.size, 3);
	wait_for_exit(&seen);
	assert_int_equal(seen.frames, 100);
	assert_int_equal(seen.last_id, 100);
	assert_int_equal(WEXITSTATUS(seen.status), 3);
	assert_string_equal(seen.reason, "the guest process ended (status 3)");
	guest_close(guest);
	buffer_finish(&out);
}

static void a_clean_end_needs_no_words(void **state)
{
	struct seen seen = {0};
	struct guest *guest = start(&seen, "", 0, 0);

	(void)state;
	wait_for_exit(&seen);
	assert_string_equal(seen.reason, "");
	guest_close(guest);
}

static void expect_killed_for(const void *bytes, size_t size, const char *reason)
{
	struct seen seen = {0};
	struct guest *guest = start(&seen, bytes, size, -SIGTERM);

	wait_for_exit(&seen);
	assert_int_equal(WTERMSIG(seen.status), SIGKILL);
	assert_string_equal(seen.reason, reason);
	guest_close(guest);
}

static void bad_frames_end_the_guest(void **state)
{
	(void)state;
	expect_killed_for("\xff\xff\xff\xff", 4,
			  "the guest sent a frame of 4294967295 bytes, the limit is 1048576: the "
			  "plugin must return or pass less at once");
	expect_killed_for("\x01\0\0\0\xa0", 5,
			  "the guest sent a frame that does not begin with its type and id: "
			  "reinstall harvester, so that node and guest have one version");
	expect_killed_for("\x02\0\0\0\x9f\xff", 6,
			  "the guest sent a frame of 2 bytes that is not CBOR, or has too many "
			  "items or levels: send a simpler value");
}

static void a_crash_has_words(void **state)
{
	struct seen seen = {0};
	struct guest *guest = start(&seen, "", 0, -SIGABRT);

	(void)state;
	kill(guest_pid(guest), SIGABRT);
	wait_for_exit(&seen);
	assert_string_equal(seen.reason, "the guest process crashed (signal 6)");
	guest_close(guest);
}

static void the_first_reason_counts(void **state)
{
	struct seen seen = {0};
	struct guest *guest = start(&seen, "", 0, -SIGTERM);

	(void)state;
	guest_kill(guest, "first");
	guest_kill(guest, "second");
	wait_for_exit(&seen);
	assert_string_equal(seen.reason, "first");
	guest_close(guest);
}

static void one_that_does_not_read_is_killed(void **state)
{
	struct seen seen = {0};
	struct guest *guest;
	uint8_t *block = calloc(1, 1 << 20);
	int fd, ret = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(guest_prepare(&loop, reaper, &events, &seen, &guest, &fd, NULL), 0);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	guest_set_pid(guest, pid);
	for (int i = 0; i < 20 && !ret; i++)
		ret = guest_send(guest, FRAME_LOAD, 1, 1, value_bytes(block, 1 << 20));
	assert_int_equal(ret, ERROR_CLOSED);
	close(fd);
	wait_for_exit(&seen);
	assert_string_equal(seen.reason, "the guest does not read what it is sent");
	guest_close(guest);
	free(block);
}

static void a_closed_guest_says_nothing(void **state)
{
	struct seen seen = {0};
	struct guest *guest = start(&seen, "\x01\0\0\0\xa0", 5, -SIGTERM);
	pid_t pid = guest_pid(guest);

	(void)state;
	guest_close(guest);
	while (!kill(pid, 0))
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(seen.frames + seen.exits, 0);
}

static void a_descriptor_goes_along(void **state)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char data[64];
	struct iovec room = {.iov_base = data, .iov_len = sizeof(data)};
	struct msghdr message = {.msg_iov = &room,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct seen seen = {0};
	struct guest *guest;
	int fd, pipe_fds[2], passed;

	(void)state;
	assert_int_equal(guest_prepare(&loop, reaper, &events, &seen, &guest, &fd, NULL), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(guest_send_fd(guest, FRAME_FORK, 5, pipe_fds[1]), 0);
	assert_true(recvmsg(fd, &message, 0) > FRAME_HEADER_SIZE);
	memcpy(&passed, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(passed));
	assert_int_equal(write(passed, "x", 1), 1);
	assert_int_equal(read(pipe_fds[0], data, 1), 1);
	assert_int_equal(data[0], 'x');
	close(passed);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	close(fd);
	guest_close(guest);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, loop_set_up, loop_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_end_is_told_after_all_frames), TEST(a_clean_end_needs_no_words),
		TEST(bad_frames_end_the_guest),		TEST(a_crash_has_words),
		TEST(the_first_reason_counts),		TEST(one_that_does_not_read_is_killed),
		TEST(a_closed_guest_says_nothing),	TEST(a_descriptor_goes_along),
	};

	if (emulated_lacks_subreaper())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
