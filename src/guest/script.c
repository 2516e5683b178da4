#include "guest/script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "guest/channel.h"
#include "guest/identity.h"
#include "guest/limits.h"
#include "guest/lockdown.h"
#include "guest/sandbox.h"
#include "wire/exit.h"
#include "wire/value.h"

static const char warm_source[] =
	"import time\n"
	"def poll():\n"
	"    return [{'sensor_id': 'warm', 'value': 1.5, 'time': time.time()}]\n";

/*
 * poll() and describe() ignore their argument. It is not empty since componentize-py 0.25 never
 * frees an empty text (16 bytes a call, for as long as the plugin runs).
 */
#define NO_ARGUMENT "null"
#define DESCRIBE "describe"
#define TOO_LONG "describe() returned more than 64 kB; declare fewer fields"

struct script {
	struct sandbox sandbox;
	struct channel channel;
	wasmtime_component_func_t load, call;
	struct lockdown lockdown;
	bool lockdown_required;
};

static void set_string(wasmtime_component_val_t *val, const char *text, size_t size)
{
	val->kind = WASMTIME_COMPONENT_STRING;
	wasm_name_new(&val->of.string, size, text);
}

/* Call a function of type result<T, string>; err takes the string. The caller deletes *ret_result.
 */
static int call_script(struct script *script, const wasmtime_component_func_t *function,
		       wasmtime_component_val_t args[2], wasmtime_component_val_t *ret_result,
		       char **ret_failure, struct error *err)
{
	wasmtime_component_val_t result;
	const wasm_name_t *text;
	int ret = sandbox_call(&script->sandbox, function, args, 2, true, &result, err);

	if (ret)
		return ret;
	if (result.kind != WASMTIME_COMPONENT_RESULT) {
		wasmtime_component_val_delete(&result);
		return error_set(err, ERROR_MALFORMED,
				 "the Python runtime returned no result: install harvester again");
	}
	if (result.of.result.is_ok) {
		*ret_result = result;
		return 0;
	}
	text = &result.of.result.val->of.string;
	*ret_failure = strndup(text->data, text->size);
	wasmtime_component_val_delete(&result);
	return ERROR_INVALID;
}

static void make_load_args(wasmtime_component_val_t args[2], const char *name, size_t name_size,
			   size_t files)
{
	set_string(&args[0], name, name_size);
	args[1].kind = WASMTIME_COMPONENT_LIST;
	wasmtime_component_vallist_new_uninit(&args[1].of.list, files);
	for (size_t i = 0; i < files; i++) {
		wasmtime_component_val_t *pair = &args[1].of.list.data[i];

		pair->kind = WASMTIME_COMPONENT_TUPLE;
		wasmtime_component_valtuple_new_uninit(&pair->of.tuple, 2);
		set_string(&pair->of.tuple.data[0], "", 0);
		set_string(&pair->of.tuple.data[1], "", 0);
	}
}

static void set_file(wasmtime_component_val_t *pair, const char *path, size_t path_size,
		     const char *source, size_t source_size)
{
	wasmtime_component_val_delete(&pair->of.tuple.data[0]);
	wasmtime_component_val_delete(&pair->of.tuple.data[1]);
	set_string(&pair->of.tuple.data[0], path, path_size);
	set_string(&pair->of.tuple.data[1], source, source_size);
}

/* [1, id, name, [[path, source], …], limits] */
static int take_load_frame(const cbor_item_t *frame, wasmtime_component_val_t args[2])
{
	const char *name, *path, *source;
	size_t name_size, path_size, source_size;
	const cbor_item_t *files;

	if (frame_type(frame) != FRAME_LOAD || cbor_array_size(frame) != 5 ||
	    value_get_text(frame, 2, &name, &name_size))
		return ERROR_MALFORMED;
	files = cbor_array_handle(frame)[3];
	if (!cbor_isa_array(files))
		return ERROR_MALFORMED;
	make_load_args(args, name, name_size, cbor_array_size(files));
	for (size_t i = 0; i < cbor_array_size(files); i++) {
		const cbor_item_t *file = cbor_array_handle(files)[i];

		if (value_get_text(file, 0, &path, &path_size) ||
		    value_get_text(file, 1, &source, &source_size))
			_exit(GUEST_EXIT_FAILED); /* the broker does not send such a frame */
		set_file(&args[1].of.list.data[i], path, path_size, source, source_size);
	}
	return 0;
}

static void answer_failure(struct script *script, uint64_t id, const char *text)
{
	enum frame_outcome outcome = script->sandbox.is_lost ? OUTCOME_TRAPPED : OUTCOME_FAILED;

	channel_send(&script->channel, FRAME_ANSWER, id, 2, value_unsigned(outcome),
		     value_text(text ? text
				     : "out of memory in the plugin's process; this machine needs "
				       "more free memory"));
}

/* The names of the plugin's functions, from load()'s result<list<string>, string>. */
static cbor_item_t *function_names(const wasmtime_component_val_t *result)
{
	const wasmtime_component_val_t *list = result->of.result.val;
	cbor_item_t *names;

	if (!list || list->kind != WASMTIME_COMPONENT_LIST)
		return NULL;
	names = cbor_new_definite_array(list->of.list.size);
	for (size_t i = 0; names && i < list->of.list.size; i++) {
		const wasm_name_t *name = &list->of.list.data[i].of.string;

		if (!cbor_array_push(names, cbor_move(cbor_build_stringn(name->data, name->size))))
			return NULL;
	}
	return names;
}

static bool has_name(const cbor_item_t *names, const char *wanted)
{
	const char *name;
	size_t size;

	for (size_t i = 0; names && i < cbor_array_size(names); i++) {
		if (!value_get_text(names, i, &name, &size) && size == strlen(wanted) &&
		    !memcmp(name, wanted, size))
			return true;
	}
	return false;
}

/* [outcome, text]: what describe() returned, or its error. */
static cbor_item_t *describe(struct script *script)
{
	wasmtime_component_val_t args[2], result;
	char *failure = NULL;
	struct error err = {0};
	const wasm_name_t *text;
	cbor_item_t *description;

	set_string(&args[0], DESCRIBE, sizeof(DESCRIBE) - 1);
	set_string(&args[1], NO_ARGUMENT, sizeof(NO_ARGUMENT) - 1);
	if (call_script(script, &script->call, args, &result, &failure, &err)) {
		description = value_array(2, value_unsigned(OUTCOME_FAILED),
					  value_text(failure ? failure : err.text));
		free(failure);
		return description;
	}
	text = &result.of.result.val->of.string;
	description = text->size > FRAME_DESCRIPTION_MAX
			      ? value_array(2, value_unsigned(OUTCOME_FAILED), value_text(TOO_LONG))
			      : value_array(2, value_unsigned(OUTCOME_OK),
					    cbor_build_stringn(text->data, text->size));
	wasmtime_component_val_delete(&result);
	return description;
}

/* Tell the broker that the plugin is ready, with what it declares about its fields. */
static int tell_ready(struct script *script, const cbor_item_t *frame, cbor_item_t *names)
{
	cbor_item_t *description = has_name(names, DESCRIBE) ? describe(script) : NULL;

	if (!description) {
		channel_send(&script->channel, FRAME_READY, frame_id(frame), 1, names);
		return 0;
	}
	if (!script->sandbox.is_lost) {
		channel_send(&script->channel, FRAME_READY, frame_id(frame), 2, names, description);
		return 0;
	}
	cbor_decref(&names);
	cbor_decref(&description);
	answer_failure(script, frame_id(frame), "the plugin ended in describe()");
	return ERROR_INVALID;
}

/* Load the plugin, and tell the broker its functions or the error. */
static int load(struct script *script, const cbor_item_t *frame)
{
	wasmtime_component_val_t args[2], result;
	char *failure = NULL;
	struct error err = {0};
	int ret = take_load_frame(frame, args);

	if (ret) {
		answer_failure(script, frame_id(frame),
			       "the broker sent a frame that is not a load");
		return ret;
	}
	ret = call_script(script, &script->load, args, &result, &failure, &err);
	if (ret) {
		answer_failure(script, frame_id(frame), failure ? failure : err.text);
		free(failure);
		return ret;
	}
	ret = tell_ready(script, frame, function_names(&result));
	wasmtime_component_val_delete(&result);
	return ret;
}

/* Answer a call frame, [2, id, function, argument], with the plugin's JSON or HTML as text. */
static void call(struct script *script, const cbor_item_t *frame)
{
	wasmtime_component_val_t args[2], result;
	const char *function, *argument = NO_ARGUMENT;
	size_t function_size, argument_size = sizeof(NO_ARGUMENT) - 1;
	char *failure = NULL;
	struct error err = {0};
	const wasm_name_t *text;

	if (frame_type(frame) != FRAME_CALL ||
	    value_get_text(frame, 2, &function, &function_size)) {
		answer_failure(script, frame_id(frame),
			       "the broker sent a frame that is not a call");
		return;
	}
	value_get_text(frame, 3, &argument, &argument_size);
	set_string(&args[0], function, function_size);
	set_string(&args[1], argument, argument_size);
	if (call_script(script, &script->call, args, &result, &failure, &err)) {
		answer_failure(script, frame_id(frame), failure ? failure : err.text);
		free(failure);
		return;
	}
	text = &result.of.result.val->of.string;
	channel_send(&script->channel, FRAME_ANSWER, frame_id(frame), 2, value_unsigned(OUTCOME_OK),
		     cbor_build_stringn(text->data, text->size));
	wasmtime_component_val_delete(&result);
}

/* Send one byte; the kernel tells the broker which process sent it (SCM_CREDENTIALS, see
 * plugin/process/hello.h). */
static void say_hello(int fd)
{
	while (write(fd, "", 1) < 0 && errno == EINTR)
		;
}

/* The child's program: run one plugin, from its load frame until the broker hangs up. Never
 * returns. */
static void child_main(struct script *script, int fd, int hello_end)
{
	struct error err = {0};
	cbor_item_t *frame;
	int ret;

	say_hello(fd);
	close(hello_end);
	channel_finish(&script->channel);
	channel_init(&script->channel, fd);
	frame = channel_receive(&script->channel);
	/* The broker sends the frame after the middle process has ended, so the broker is the
	 * parent now, and PR_SET_PDEATHSIG will follow the right process. */
	script->sandbox.channel = &script->channel;
	lockdown_close_files(fd, fd);
	ret = limits_apply(&script->sandbox, frame, 4, limits_open(), &err);
	if (!ret)
		ret = lockdown_enter(&script->lockdown, script->lockdown_required, &err);
	if (ret)
		answer_failure(script, frame_id(frame), err.text);
	else
		ret = load(script, frame);
	cbor_decref(&frame);
	if (ret)
		_exit(GUEST_EXIT_FAILED);
	while (!script->sandbox.is_lost) {
		frame = channel_receive(&script->channel);
		call(script, frame);
		cbor_decref(&frame);
	}
	_exit(GUEST_EXIT_TRAP);
}

/* Wait until every copy of the pipe's other end is closed. */
static void await_end(int fd)
{
	char byte;
	ssize_t count;

	do
		count = read(fd, &byte, 1);
	while (count > 0 || (count < 0 && errno == EINTR));
}

/* vfork(): the middle process borrows this one's memory, so that only the child's is copied. */
static bool fork_twice(struct script *script, int fd, int hello_end)
{
	pid_t middle = vfork();
	int status = 0;

	if (!middle) {
		pid_t child = fork();

		if (!child)
			child_main(script, fd, hello_end);
		_exit(child < 0);
	}
	if (middle < 0)
		return false;
	while (waitpid(middle, &status, 0) < 0 && errno == EINTR)
		;
	return !status;
}

/*
 * Fork twice, so that the child becomes the broker's own child (the broker is a subreaper) and the
 * kernel, not this process, tells the broker when it ends. On return the child has said hello or is
 * dead.
 */
static bool spawn(struct script *script, int fd)
{
	int hello[2];
	bool is_forked;

	if (pipe2(hello, O_CLOEXEC))
		return false;
	is_forked = fork_twice(script, fd, hello[1]);
	close(hello[1]);
	if (is_forked)
		await_end(hello[0]);
	close(hello[0]);
	return is_forked;
}

static void serve(struct script *script)
{
	for (;;) {
		cbor_item_t *frame = channel_receive(&script->channel);
		int fd = channel_take_fd(&script->channel);
		bool is_forked = frame_type(frame) == FRAME_FORK && fd >= 0 && spawn(script, fd);

		if (fd >= 0)
			close(fd);
		if (is_forked)
			channel_send(&script->channel, FRAME_FORKED, frame_id(frame), 0);
		else
			answer_failure(script, frame_id(frame), "the template cannot fork");
		cbor_decref(&frame);
	}
}

/* Find load() and call() in the exported interface "script", whatever its package and version. */
static int find_functions(struct script *script, struct error *err)
{
	cbor_item_t *exports = sandbox_exports(&script->sandbox);
	int ret = ERROR_NOT_FOUND;

	for (size_t i = 0; exports && ret && i < cbor_array_size(exports); i++) {
		const char *text = "";
		size_t size = 0;
		char *interface;

		value_get_text(cbor_array_handle(exports)[i], 0, &text, &size);
		interface = strndup(text, size);
		if (interface && strstr(interface, "/script"))
			ret = sandbox_find(&script->sandbox, interface, "load", &script->load, err);
		if (!ret)
			ret = sandbox_find(&script->sandbox, interface, "call", &script->call, err);
		free(interface);
	}
	if (exports)
		cbor_decref(&exports);
	return ret ? error_set(err, ret,
			       "runtime.cwasm exports no load() and call(), so it is no Python "
			       "runtime of harvester: install harvester again")
		   : 0;
}

/* Run a trivial plugin once, so that the memory pages that this touches are ready before the fork
 * and shared by all children. */
static int warm_up(struct script *script, struct error *err)
{
	wasmtime_component_val_t args[2], result;
	char *failure = NULL;
	int ret;

	make_load_args(args, "warm", 4, 1);
	set_file(&args[1].of.list.data[0], "plugin.py", 9, warm_source, sizeof(warm_source) - 1);
	ret = call_script(script, &script->load, args, &result, &failure, err);
	if (!ret) {
		wasmtime_component_val_delete(&result);
		set_string(&args[0], "poll", 4);
		set_string(&args[1], NO_ARGUMENT, sizeof(NO_ARGUMENT) - 1);
		ret = call_script(script, &script->call, args, &result, &failure, err);
	}
	if (!ret)
		wasmtime_component_val_delete(&result);
	if (failure)
		error_set(err, ret,
			  "the Python runtime failed in its first test call, before any plugin was "
			  "loaded; install harvester again: %s",
			  failure);
	free(failure);
	return ret;
}

int script_template_main(const char *artifact, const char *target, bool lockdown_required)
{
	static struct script script;
	struct error err = {0};
	int ret;

	/* Whoever started the broker may have left descriptors open in it. */
	lockdown_close_files(STDERR_FILENO, CHANNEL_FD);
	channel_init(&script.channel, CHANNEL_FD);
	script.lockdown_required = lockdown_required;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ret = sandbox_open(&script.sandbox, artifact, target, &err);
	if (ret) {
		answer_failure(&script, 0, err.text);
		return GUEST_EXIT_ARTIFACT;
	}
	script.sandbox.is_python = true;
	ret = sandbox_instantiate(&script.sandbox, &err);
	if (!ret)
		ret = find_functions(&script, &err);
	if (!ret)
		ret = warm_up(&script, &err);
	if (!ret)
		ret = lockdown_init(&script.lockdown, LOCKDOWN_PLUGIN, &err);
	if (ret) {
		answer_failure(&script, 0, err.text);
		return GUEST_EXIT_FAILED;
	}
	identity_keep_change_of_user();
	channel_send(&script.channel, FRAME_READY, 0, 1, cbor_new_definite_array(0));
	serve(&script);
	return GUEST_EXIT_OK;
}
