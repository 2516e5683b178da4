/* The moves between a plugin's states: those of the diagram pass, any other is a bug. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "plugin/internal.h"

struct fixture {
	struct clock_manual clock;
	struct plugin plugin;
};

static void init(struct fixture *f, enum plugin_state state)
{
	memset(f, 0, sizeof(*f));
	clock_manual_init(&f->clock, 0);
	f->plugin.services.clock = &f->clock.base;
	memcpy(f->plugin.source.name, "one", 4);
	f->plugin.state = state;
}

static void allowed_moves_pass(void **state)
{
	static const enum plugin_state way[] = {PLUGIN_PREPARING, PLUGIN_STARTING, PLUGIN_BACKOFF,
						PLUGIN_PREPARING, PLUGIN_FAILED,   PLUGIN_PREPARING,
						PLUGIN_STOPPED};
	struct fixture f;

	(void)state;
	init(&f, PLUGIN_STOPPED);
	for (size_t i = 0; i < sizeof(way) / sizeof(*way); i++) {
		plugin_set_state(&f.plugin, way[i]);
		assert_int_equal(f.plugin.state, way[i]);
	}
}

static void see_line(void *arg, const struct log_record *record)
{
	int *fds = arg;

	if (record->level == LOG_ERROR)
		(void)!write(fds[1], record->text, strlen(record->text));
}

/* How a child ends that makes the move, and what it has logged as an error. */
static int make_move(enum plugin_state from, enum plugin_state to, char ret_text[100])
{
	int fds[2], status;
	ssize_t size;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		struct fixture f;

		close(STDERR_FILENO); /* where assert() writes */
		init(&f, from);
		log_add_sink(see_line, fds);
		plugin_set_state(&f.plugin, to);
		_exit(0);
	}
	close(fds[1]);
	size = read(fds[0], ret_text, 99);
	ret_text[size > 0 ? size : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void any_other_move_is_logged_and_ends_a_debug_build(void **state)
{
	char text[100];
	int status = make_move(PLUGIN_STOPPED, PLUGIN_CALLING, text);

	(void)state;
	assert_string_equal(text, "moves from state stopped to calling, which is a bug of "
				  "harvester: please report it with this log");
#ifdef NDEBUG
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
#else
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
#endif
	status = make_move(PLUGIN_FAILED, PLUGIN_PREPARING, text);
	assert_string_equal(text, "");
	assert_true(WIFEXITED(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allowed_moves_pass),
		cmocka_unit_test(any_other_move_is_logged_and_ends_a_debug_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
