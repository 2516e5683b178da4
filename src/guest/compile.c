#include "guest/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "guest/sandbox.h"
#include "wire/exit.h"

#define COMPONENT_SIZE_MAX (256u << 20)
#define DATA_BYTES_MAX (2ull << 30) /* an 18 MB Python component takes some 370 MB */
#define CPU_SECONDS_MAX 600

/* What the first 8 bytes are: https://webassembly.github.io/spec/core/binary and the component
 * model's Binary.md. */
static int check_header(const uint8_t *data, size_t size, const char *path, struct error *err)
{
	static const char magic[] = {0, 'a', 's', 'm'};

	if (!size)
		return error_set(err, ERROR_MALFORMED, "%s is empty", path);
	if (size < 8 || memcmp(data, magic, sizeof(magic)))
		return error_set(err, ERROR_MALFORMED, "%s is no WebAssembly file", path);
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

/* A name of our own, synced, then renamed: a reader never meets half a file. */
static int write_artifact(const char *to, const wasm_byte_vec_t *image, struct error *err)
{
	char temporary[PATH_MAX];
	int fd, ret;

	if (snprintf(temporary, sizeof(temporary), "%s.%d.tmp", to, getpid()) >=
	    (int)sizeof(temporary))
		return error_set(err, ERROR_TOO_LARGE, "%s: the path is too long", to);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, ERROR_SYSTEM, errno, "%s", temporary);
	ret = write_all(fd, image->data, image->size);
	if (!ret && fsync(fd))
		ret = ERROR_SYSTEM;
	close(fd);
	if (!ret && rename(temporary, to))
		ret = ERROR_SYSTEM;
	if (ret) {
		error_set_errno(err, ret, errno, "%s", to);
		unlink(temporary);
	}
	return ret;
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

static int compile(const char *from, const char *target, wasm_byte_vec_t *ret_image,
		   struct error *err)
{
	wasmtime_component_t *component;
	wasmtime_error_t *error;
	struct buffer file;
	wasm_engine_t *engine;
	int ret;

	ret = buffer_read_file(&file, from, COMPONENT_SIZE_MAX, err);
	if (ret)
		return ret;
	engine = sandbox_engine_create(target, err);
	if (!engine) {
		ret = ERROR_INVALID;
		goto out_file;
	}
	ret = compile_component(engine, (const uint8_t *)file.data, file.size, from, &component,
				err);
	if (ret)
		goto out_engine;
	error = wasmtime_component_serialize(component, ret_image);
	if (error)
		ret = sandbox_error(err, ERROR_SYSTEM, from, error);
	wasmtime_component_delete(component);
out_engine:
	wasm_engine_delete(engine);
out_file:
	buffer_finish(&file);
	return ret;
}

/* A component made to be hard to compile ends this process, not the machine. */
static void limit_resources(void)
{
	static const struct rlimit data = {DATA_BYTES_MAX, DATA_BYTES_MAX};
	static const struct rlimit cpu = {CPU_SECONDS_MAX, CPU_SECONDS_MAX};
	static const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_DATA, &data);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

int compile_main(const char *from, const char *to, const char *target)
{
	struct error err = {0};
	wasm_byte_vec_t image;
	int ret;

	limit_resources();
	ret = compile(from, target, &image, &err);

	if (!ret) {
		ret = write_artifact(to, &image, &err);
		wasm_byte_vec_delete(&image);
	}
	if (ret)
		fprintf(stderr, "%s\n", err.text);
	return ret ? GUEST_EXIT_FAILED : GUEST_EXIT_OK;
}
