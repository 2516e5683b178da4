#include "plugin/artifact/compiler.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "plugin/process/cgroup.h"

struct compiler {
	uv_process_t process;
	uv_pipe_t output; /* stderr of the process */
	uv_timer_t progress, deadline;
	unsigned open_handles;
	uint64_t started_ms, elapsed_ms, deadline_ms;
	const struct compiler_events *events; /* borrowed, with arg */
	void *arg;
	bool is_started, is_late, is_large;
	char *output_path; /* owned */
	uint64_t output_bytes_max;
	int64_t status;
	int signal;
	size_t size;
	char text[COMPILER_STDERR_MAX + 1]; /* the last bytes of its stderr */
	char chunk[1024];
};

/* Why it failed: a limit that it exceeded, its last line of output, or how it ended. NULL on
 * success. */
static const char *failure(struct compiler *compiler, char *text, size_t size)
{
	size_t end = compiler->size;
	char *line;

	if (compiler->is_late) {
		snprintf(text, size, "compiling took longer than %g s",
			 (double)compiler->deadline_ms / 1000);
		return text;
	}
	if (compiler->is_large) {
		snprintf(text, size,
			 "its compiled form takes more than the %.0f MB left in the cache",
			 (double)compiler->output_bytes_max / 1e6);
		return text;
	}
	if (!compiler->status && !compiler->signal)
		return NULL;
	while (end && strchr(" \n\r", compiler->text[end - 1]))
		end--;
	compiler->text[end] = '\0';
	line = memrchr(compiler->text, '\n', end);
	line = line ? line + 1 : compiler->text;
	if (*line && !compiler->signal)
		return line;
	if (compiler->signal)
		snprintf(text, size, "the compiler was killed by signal %d%s", compiler->signal,
			 compiler->signal == SIGKILL ? " (out of memory?)" : "");
	else
		snprintf(text, size, "the compiler ended with status %lld",
			 (long long)compiler->status);
	return text;
}

static void closed(uv_handle_t *handle)
{
	struct compiler *compiler = handle->data;
	char text[96];

	if (--compiler->open_handles)
		return;
	if (compiler->is_started)
		compiler->events->on_ended(compiler->arg, compiler->elapsed_ms,
					   failure(compiler, text, sizeof(text)));
	free(compiler->output_path);
	free(compiler);
}

static void close_all(struct compiler *compiler)
{
	uv_close((uv_handle_t *)&compiler->process, closed);
	uv_close((uv_handle_t *)&compiler->output, closed);
	uv_close((uv_handle_t *)&compiler->progress, closed);
	uv_close((uv_handle_t *)&compiler->deadline, closed);
}

static void keep(struct compiler *compiler, const char *data, size_t size)
{
	size_t over;

	if (size > COMPILER_STDERR_MAX) {
		data += size - COMPILER_STDERR_MAX;
		size = COMPILER_STDERR_MAX;
	}
	over = compiler->size + size > COMPILER_STDERR_MAX
		       ? compiler->size + size - COMPILER_STDERR_MAX
		       : 0;
	memmove(compiler->text, compiler->text + over, compiler->size - over);
	compiler->size -= over;
	memcpy(compiler->text + compiler->size, data, size);
	compiler->size += size;
	compiler->text[compiler->size] = '\0';
}

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *ret_buf)
{
	struct compiler *compiler = handle->data;

	(void)size;
	*ret_buf = uv_buf_init(compiler->chunk, sizeof(compiler->chunk));
}

static void spoke(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	if (count > 0)
		keep(stream->data, buf->base, (size_t)count);
	else if (count < 0)
		uv_read_stop(stream);
}

/*
 * The process has ended, but its last output may not have been read. Read what is in the pipe, but
 * do not wait for the end of the stream: a grandchild may hold the pipe open.
 */
static void drain(struct compiler *compiler)
{
	char data[1024];
	ssize_t count;
	uv_os_fd_t fd;

	uv_read_stop((uv_stream_t *)&compiler->output);
	if (uv_fileno((uv_handle_t *)&compiler->output, &fd))
		return;
	/* At most the capacity of a pipe, even if a grandchild goes on writing. */
	for (int i = 0; i < 1024 && (count = read(fd, data, sizeof(data))) > 0; i++)
		keep(compiler, data, (size_t)count);
}

static bool is_too_large(const struct compiler *compiler)
{
	struct stat info;

	return compiler->output_bytes_max && !stat(compiler->output_path, &info) &&
	       (uint64_t)info.st_size > compiler->output_bytes_max;
}

static void exited(uv_process_t *process, int64_t status, int signal)
{
	struct compiler *compiler = process->data;

	compiler->status = status;
	compiler->signal = signal;
	compiler->is_large |= is_too_large(compiler);
	uv_update_time(process->loop);
	compiler->elapsed_ms = uv_now(process->loop) - compiler->started_ms;
	drain(compiler);
	close_all(compiler);
}

static void tick(uv_timer_t *timer)
{
	struct compiler *compiler = timer->data;

	/* The size is checked again when the process has ended. */
	if (is_too_large(compiler)) {
		compiler->is_large = true;
		uv_process_kill(&compiler->process, SIGKILL);
		return;
	}
	compiler->events->on_progress(compiler->arg, uv_now(timer->loop) - compiler->started_ms);
}

static void too_late(uv_timer_t *timer)
{
	struct compiler *compiler = timer->data;

	compiler->is_late = true;
	uv_process_kill(&compiler->process, SIGKILL);
}

static void init_handles(struct compiler *compiler, uv_loop_t *loop)
{
	uv_pipe_init(loop, &compiler->output, 0);
	uv_timer_init(loop, &compiler->progress);
	uv_timer_init(loop, &compiler->deadline);
	compiler->open_handles = 4; /* uv_spawn() initialises the fourth, even if it fails */
	compiler->process.data = compiler;
	compiler->output.data = compiler;
	compiler->progress.data = compiler;
	compiler->deadline.data = compiler;
}

static int spawn(struct compiler *compiler, uv_loop_t *loop, const struct compiler_command *command)
{
	char *args[] = {
		(char *)command->program,
		(char *)"compile",
		(char *)command->component,
		(char *)command->output,
		(char *)(command->lockdown_required ? "required" : "optional"),
		(char *)command->target,
		NULL,
	};
	uv_stdio_container_t stdio[] = {
		{.flags = UV_IGNORE},
		{.flags = UV_IGNORE},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		 .data.stream = (uv_stream_t *)&compiler->output},
	};
	const uv_process_options_t options = {
		.exit_cb = exited,
		.file = command->program,
		.args = args,
		.stdio = stdio,
		.stdio_count = 3,
	};

	return uv_spawn(loop, &compiler->process, &options);
}

int compiler_start(uv_loop_t *loop, const struct compiler_command *command,
		   const struct compiler_events *events, void *arg, struct compiler **ret_compiler,
		   struct error *err)
{
	struct compiler *compiler = calloc(1, sizeof(*compiler));
	int ret;

	if (compiler)
		compiler->output_path = strdup(command->output);
	if (!compiler || !compiler->output_path) {
		free(compiler);
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while compiling a plugin; this machine needs more "
				 "free memory");
	}
	compiler->output_bytes_max = command->output_bytes_max;
	compiler->events = events;
	compiler->arg = arg;
	compiler->deadline_ms = command->deadline_ms;
	init_handles(compiler, loop);
	ret = spawn(compiler, loop, command);
	if (ret) {
		close_all(compiler);
		return error_set(err, ERROR_SYSTEM,
				 "cannot start the compiler %s: %s; check that it is installed and "
				 "executable",
				 command->program, uv_strerror(ret));
	}
	compiler->is_started = true;
	/* Readings go first. If both fail, compile at normal priority. */
	if (!command->cgroups ||
	    cgroup_tree_move_compiler(command->cgroups, compiler->process.pid, UV_PRIORITY_LOW))
		uv_os_setpriority(compiler->process.pid, UV_PRIORITY_LOW);
	uv_update_time(loop);
	compiler->started_ms = uv_now(loop);
	uv_read_start((uv_stream_t *)&compiler->output, allocate, spoke);
	uv_timer_start(&compiler->progress, tick, command->progress_ms, command->progress_ms);
	uv_timer_start(&compiler->deadline, too_late, command->deadline_ms, 0);
	*ret_compiler = compiler;
	return 0;
}

bool compiler_was_late(const struct compiler *compiler)
{
	return compiler->is_late;
}

void compiler_kill(struct compiler *compiler)
{
	uv_process_kill(&compiler->process, SIGKILL);
}
