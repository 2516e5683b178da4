#include "guest/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/error.h"
#include "guest/lockdown.h"
#include "guest/sandbox.h"
#include "wire/exit.h"

#define COMPONENT_SIZE_MAX (256u << 20)
#define DATA_BYTES_MAX (2ull << 30) /* an 18 MB Python component takes some 370 MB */
#define CPU_SECONDS_MAX 600
#define OUTPUT_FD (STDERR_FILENO + 1)

/* The first 8 bytes of a file say what it is: https://webassembly.github.io/spec/core/binary and
 * the component model's Binary.md. */
static int check_header(const uint8_t *data, size_t size, const char *path, struct error *err)
{
	static const char magic[] = {0, 'a', 's', 'm'};

	if (!size)
		return error_set(err, ERROR_MALFORMED, "%s is empty: build the component again",
				 path);
	if (size < 8 || memcmp(data, magic, sizeof(magic)))
		return error_set(err, ERROR_MALFORMED,
				 "%s is not a WebAssembly file: build the component again", path);
	if (data[6] != 1)
		return error_set(err, ERROR_MALFORMED,
				 "%s is a core WebAssembly module, not a component; build it with "
				 "componentize-py or `wasm-tools component new`",
				 path);
	return 0;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t count = write(fd, data, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return ERROR_SYSTEM;
		data += count;
		size -= (size_t)count;
	}
	return 0;
}

int compile_component(wasm_engine_t *engine, const uint8_t *data, size_t size, const char *path,
		      wasmtime_component_t **ret_component, struct error *err)
{
	wasmtime_error_t *error;
	int ret = check_header(data, size, path, err);

	if (ret)
		return ret;
	error = wasmtime_component_new(engine, data, size, ret_component);
	return error ? sandbox_error(err, ERROR_MALFORMED, path, error) : 0;
}

static int compile(wasm_engine_t *engine, const struct buffer *file, const char *from,
		   wasm_byte_vec_t *ret_image, struct error *err)
{
	wasmtime_component_t *component;
	wasmtime_error_t *error;
	int ret = compile_component(engine, (const uint8_t *)file->data, file->size, from,
				    &component, err);

	if (ret)
		return ret;
	error = wasmtime_component_serialize(component, ret_image);
	wasmtime_component_delete(component);
	return error ? sandbox_error(err, ERROR_SYSTEM, from, error) : 0;
}

/* A component that is made to be hard to compile may exhaust this process, but not the machine. */
static int lock_down(bool required, struct error *err)
{
	static const struct rlimit data = {DATA_BYTES_MAX, DATA_BYTES_MAX};
	static const struct rlimit cpu = {CPU_SECONDS_MAX, CPU_SECONDS_MAX};
	struct lockdown lockdown;
	int ret = lockdown_init(&lockdown, LOCKDOWN_COMPILER, err);

	if (ret)
		return ret;
	setrlimit(RLIMIT_DATA, &data);
	setrlimit(RLIMIT_CPU, &cpu);
	ret = lockdown_enter(&lockdown, required, err);
	lockdown_finish(&lockdown);
	return ret;
}

/* Compile in the child, after the lockdown. The component's bytes are not trusted: a process that
 * they take over has only stderr and the output file. */
static int compile_locked(const struct buffer *file, const char *from, const char *target,
			  bool required, struct error *err)
{
	wasm_byte_vec_t image;
	wasm_engine_t *engine;
	int ret;

	lockdown_close_files(STDERR_FILENO, OUTPUT_FD);
	ret = lock_down(required, err);
	if (ret)
		return ret;
	engine = sandbox_engine_create(target, err);
	if (!engine)
		return ERROR_INVALID;
	ret = compile(engine, file, from, &image, err);
	if (!ret) {
		if (write_all(OUTPUT_FD, image.data, image.size))
			ret = error_set_errno(err, ERROR_SYSTEM, errno,
					      "cannot write the compiled component to the cache "
					      "(is the disk full?)");
		wasm_byte_vec_delete(&image);
	}
	wasm_engine_delete(engine);
	return ret;
}

/* Wait for the child. If a signal killed it, say so on stderr: the broker logs the last line. */
static int await(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "the compiler was killed by signal %d (%s): this machine may lack memory\n",
		WTERMSIG(status), strsignal(WTERMSIG(status)));
	return GUEST_EXIT_FAILED;
}

static int compile_in_child(const struct buffer *file, const char *from, const char *target,
			    bool required, int out)
{
	struct error err = {0};
	pid_t child = fork();
	int ret;

	if (child < 0) {
		perror("fork");
		return GUEST_EXIT_FAILED;
	}
	if (child)
		return await(child);
	if (out != OUTPUT_FD)
		dup2(out, OUTPUT_FD);
	ret = compile_locked(file, from, target, required, &err);
	if (ret)
		fprintf(stderr, "%s\n", err.text);
	_exit(ret ? GUEST_EXIT_FAILED : GUEST_EXIT_OK);
}

static int publish(const char *temporary, const char *to)
{
	struct error err = {0};

	if (!durable_file_publish_path(temporary, to, &err))
		return GUEST_EXIT_OK;
	fprintf(stderr, "%s\n", err.text);
	errno = 0;
	return GUEST_EXIT_FAILED;
}

int compile_main(const char *from, const char *to, bool required, const char *target)
{
	char temporary[PATH_MAX];
	struct error err = {0};
	struct buffer file;
	int fd, ret = GUEST_EXIT_FAILED;

	if (buffer_read_file(&file, from, COMPONENT_SIZE_MAX, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return ret;
	}
	snprintf(temporary, sizeof(temporary), "%.*s.%d.tmp", PATH_MAX - 32, to, getpid());
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		goto out_file;
	ret = compile_in_child(&file, from, target, required, fd);
	if (ret)
		errno = 0; /* the child has printed the reason */
	else if (fsync(fd))
		ret = GUEST_EXIT_FAILED;
	if (ret)
		unlink(temporary);
	else
		ret = publish(temporary, to);
	close(fd);
out_file:
	if (ret && errno)
		perror(to);
	buffer_finish(&file);
	return ret;
}
