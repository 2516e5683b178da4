/*
 * The test is its own template: run as `TEST template LIE` it stands in harvester-guest's place,
 * and tells the broker's end that lie.
 */
#include "plugin/process/template.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../emulated.h"
#include "base/buffer.h"
#include "loop.h"
#include "wire/value.h"

#define CHANNEL 3

/* The template's side */

static void say(enum frame_type type, uint64_t id, cbor_item_t *item)
{
	struct buffer out;

	buffer_init(&out, 4096);
	if (frame_append(&out, type, id, item ? 1 : 0, item) ||
	    write(CHANNEL, out.data, out.size) != (ssize_t)out.size)
		_exit(1);
	buffer_finish(&out);
}

/* The socket that came with the next fork frame. */
static int take_socket(void)
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
	int fd;

	if (recvmsg(CHANNEL, &message, 0) <= 0 || !CMSG_FIRSTHDR(&message))
		_exit(0);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void greet(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(1);
}

/* The fork that was asked for with id 1 is this process, and so is the next one. */
static void stand_for_two(int fd)
{
	int other_fd;

	greet(fd);
	say(FRAME_FORKED, 1, NULL);
	other_fd = take_socket();
	greet(other_fd);
	say(FRAME_FORKED, 2, NULL);
	close(other_fd);
}

/* A child of the broker that greets, and lives until that hangs up. */
static void make_child(int fd, bool is_for_two)
{
	char byte;
	pid_t middle = fork(), parent;

	if (!middle) {
		int gate[2];

		if (pipe(gate))
			_exit(1);
		parent = getpid();
		if (!fork()) {
			if (!is_for_two)
				greet(fd);
			close(gate[1]);
			while (getppid() == parent)
				sched_yield(); /* until it is the broker's */
			if (is_for_two)
				stand_for_two(fd);
			close(CHANNEL);
			while (read(fd, &byte, 1) > 0)
				;
			_exit(0);
		}
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0);
	}
	waitpid(middle, NULL, 0);
}

static void wait_to_be_killed(void)
{
	for (;;)
		pause();
}

static void lie(const char *what)
{
	int fd;

	if (!strcmp(what, "never starts"))
		wait_to_be_killed();
	say(FRAME_READY, 0, cbor_new_definite_array(0));
	for (uint64_t id = 1;; id++) {
		fd = take_socket();
		if (!strcmp(what, "never forks"))
			wait_to_be_killed();
		if (!strcmp(what, "names its parent")) {
			make_child(fd, false);
			say(FRAME_FORKED, id, value_unsigned((uint64_t)getppid()));
		} else if (!strcmp(what, "greets itself")) {
			greet(fd);
			say(FRAME_FORKED, id, NULL);
		} else if (!strcmp(what, "keeps its child")) {
			if (!fork()) {
				greet(fd);
				_exit(0);
			}
			wait(NULL);
			say(FRAME_FORKED, id, NULL);
		} else if (!strcmp(what, "dies with it")) {
			make_child(fd, false);
			_exit(7);
		} else if (!strcmp(what, "one child for two")) {
			make_child(fd, true);
			for (;;)
				pause(); /* the child speaks for us */
		} else {
			say(FRAME_FORKED, id, NULL);
		}
		close(fd);
	}
}

/* The broker's side */

struct seen {
	struct guest *guest;
	int forks, exits;
	char failure[300];
};

static void see_frame(void *arg, const cbor_item_t *frame)
{
	(void)arg, (void)frame;
}

static void see_exit(void *arg, int status, const char *reason)
{
	struct seen *seen = arg;

	(void)status, (void)reason;
	seen->exits++;
}

static void see_fork(void *arg, const char *failure)
{
	struct seen *seen = arg;

	seen->forks++;
	snprintf(seen->failure, sizeof(seen->failure), "%s", failure ? failure : "");
}

static char program[PATH_MAX];

#define FOREVER_MS (60 * 60 * 1000)

static struct template *start_within(const char *what, uint64_t start_ms_max, uint64_t fork_ms_max)
{
	const struct template_config config = {
		.loop = &loop,
		.reaper = reaper,
		.guest_program = program,
		.artifact = what,
		.start_ms_max = start_ms_max,
		.fork_ms_max = fork_ms_max,
	};
	struct template *template;

	assert_int_equal(template_create(&config, &template, NULL), 0);
	return template;
}

static struct template *start(const char *what)
{
	return start_within(what, 0, 0);
}

static void ask(struct template *template, struct seen *seen)
{
	static const struct guest_events events = {.on_frame = see_frame, .on_exited = see_exit};

	assert_int_equal(template_fork(template, &events, seen, see_fork, &seen->guest, NULL), 0);
}

static void await_fork(const struct seen *seen)
{
	while (!seen->forks)
		uv_run(&loop, UV_RUN_ONCE);
}

static pid_t parent_of(pid_t pid)
{
	char path[64], line[256];
	int parent = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file && fgets(line, sizeof(line), file) && strrchr(line, ')'))
		sscanf(strrchr(line, ')'), ") %*c %d", &parent);
	if (file)
		fclose(file);
	return parent;
}

static void the_kernel_says_which_process_it_is(void **state)
{
	struct template *template = start("names its parent");
	struct seen seen = {0};

	(void)state;
	ask(template, &seen);
	await_fork(&seen);
	assert_string_equal(seen.failure, "");
	assert_int_not_equal(guest_pid(seen.guest), getpid());
	assert_int_equal(parent_of(guest_pid(seen.guest)), getpid());
	guest_kill(seen.guest, "enough");
	while (!seen.exits)
		uv_run(&loop, UV_RUN_ONCE);
	guest_close(seen.guest);
	template_close(template);
}

static void expect_failure_of(struct template *template, const char *failure)
{
	struct seen seen = {0};

	ask(template, &seen);
	await_fork(&seen);
	assert_string_equal(seen.failure, failure);
	assert_int_equal(guest_pid(seen.guest), 0);
	guest_close(seen.guest);
	template_close(template);
}

static void expect_failure(const char *what, const char *failure)
{
	expect_failure_of(start(what), failure);
}

static void start_and_fork_have_a_deadline_each(void **state)
{
	(void)state;
	expect_failure_of(start_within("never starts", 1, FOREVER_MS),
			  "the Python runtime: the template took too long to start");
	expect_failure_of(start_within("never forks", FOREVER_MS, 1),
			  "the Python runtime: the template took too long to fork");
}

static void a_template_cannot_pass_itself_off(void **state)
{
	(void)state;
	expect_failure("greets itself",
		       "the Python runtime: the template sent an unexpected answer");
	/* Nor a process that is no child of ours: who else would tell us its end? */
	expect_failure("keeps its child",
		       "the Python runtime: the template sent an unexpected answer");
}

static void no_process_is_no_guest(void **state)
{
	(void)state;
	expect_failure("makes nothing", "its process ended before it could be used");
}

/* Else one guest's end would be taken for the other's, and its pid killed for the other's sins. */
static void one_process_is_one_guest(void **state)
{
	struct template *template = start("one child for two");
	struct seen first = {0}, second = {0};

	(void)state;
	ask(template, &first);
	ask(template, &second);
	await_fork(&first);
	await_fork(&second);
	assert_string_equal(first.failure, "");
	assert_string_equal(second.failure,
			    "the Python runtime: the template sent an unexpected answer");
	assert_int_equal(guest_pid(second.guest), 0);
	guest_close(second.guest);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(first.exits, 0);
	assert_int_equal(kill(guest_pid(first.guest), 0), 0);
	guest_close(first.guest);
	template_close(template);
}

static void await_no_children(void)
{
	siginfo_t info;

	while (!waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT))
		uv_run(&loop, UV_RUN_ONCE);
}

static void a_child_that_nobody_wants_leaves_no_zombie(void **state)
{
	struct template *template = start("names its parent");
	struct seen seen = {0}, next = {0};

	(void)state;
	ask(template, &seen);
	template_cancel(template, seen.guest);
	guest_close(seen.guest);
	ask(template, &next);
	await_fork(&next);
	guest_close(next.guest);
	template_close(template);
	await_no_children();
	assert_int_equal(seen.forks, 0);
}

static void a_child_of_a_dead_template_leaves_no_zombie(void **state)
{
	struct template *template = start("dies with it");
	struct seen seen = {0};

	(void)state;
	ask(template, &seen);
	await_fork(&seen);
	assert_string_equal(seen.failure, "the Python runtime: the guest process ended (status 7)");
	guest_close(seen.guest);
	template_close(template);
	await_no_children();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, loop_set_up, loop_tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernel_says_which_process_it_is),
		TEST(start_and_fork_have_a_deadline_each),
		TEST(a_template_cannot_pass_itself_off),
		TEST(no_process_is_no_guest),
		TEST(one_process_is_one_guest),
		TEST(a_child_that_nobody_wants_leaves_no_zombie),
		TEST(a_child_of_a_dead_template_leaves_no_zombie),
	};

	if (argc > 2 && !strcmp(argv[1], "template"))
		lie(argv[2]);
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return 1;
	if (emulated_lacks_subreaper())
		return EMULATED_SKIP;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
