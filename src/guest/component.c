#include "guest/component.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "guest/channel.h"
#include "guest/lift.h"
#include "guest/limits.h"
#include "guest/lockdown.h"
#include "guest/sandbox.h"
#include "wire/exit.h"
#include "wire/value.h"

/* The broker calls the first ENTRIES_CALLED; this process calls describe() itself, once. */
enum entry {
	ENTRY_POLL,
	ENTRY_RENDER,
	ENTRY_UPDATE,
	ENTRIES_CALLED,
	ENTRY_DESCRIBE = ENTRIES_CALLED,
	ENTRIES
};

/* The functions that are called. A component may export them in any interface: they are found
 * by name and parameter types alone. */
static const struct {
	const char *name;
	size_t args; /* strings */
} entries[ENTRIES] = {{"poll", 0}, {"render", 1}, {"update", 1}, {"describe", 0}};

struct component {
	struct sandbox sandbox;
	struct channel channel;
	wasmtime_component_func_t functions[ENTRIES];
	bool has_function[ENTRIES], has_result[ENTRIES];
};

static bool takes_strings(const wasmtime_component_func_type_t *type, size_t count)
{
	bool fits = wasmtime_component_func_type_param_count(type) == count;

	for (size_t i = 0; fits && i < count; i++) {
		wasmtime_component_valtype_t inner;
		const char *name;
		size_t size;

		wasmtime_component_func_type_param_nth(type, i, &name, &size, &inner);
		fits = inner.kind == WASMTIME_COMPONENT_VALTYPE_STRING;
		wasmtime_component_valtype_delete(&inner);
	}
	return fits;
}

static void adopt(struct component *component, const char *interface, const char *name)
{
	wasmtime_component_func_type_t *type;
	wasmtime_component_valtype_t result;
	wasmtime_component_func_t function;

	for (size_t i = 0; i < ENTRIES; i++) {
		if (strcmp(name, entries[i].name) || component->has_function[i] ||
		    sandbox_find(&component->sandbox, interface, name, &function, NULL))
			continue;
		type = wasmtime_component_func_type(&function, component->sandbox.context);
		if (takes_strings(type, entries[i].args)) {
			component->functions[i] = function;
			component->has_function[i] = true;
			component->has_result[i] =
				wasmtime_component_func_type_result(type, &result);
			if (component->has_result[i])
				wasmtime_component_valtype_delete(&result);
		}
		wasmtime_component_func_type_delete(type);
	}
}

/* Text number `index` of an entry of sandbox_exports(). The caller frees it with free(). */
static char *entry_text(const cbor_item_t *entry, size_t index)
{
	const char *text = "";
	size_t size = 0;

	value_get_text(entry, index, &text, &size);
	return strndup(text, size);
}

static cbor_item_t *find_entries(struct component *component)
{
	cbor_item_t *exports = sandbox_exports(&component->sandbox), *names;
	size_t count = 0, at = 0;

	for (size_t i = 0; exports && i < cbor_array_size(exports); i++) {
		const cbor_item_t *entry = cbor_array_handle(exports)[i];
		char *interface = entry_text(entry, 0), *function = entry_text(entry, 1);

		if (interface && function)
			adopt(component, interface, function);
		free(interface);
		free(function);
	}
	if (exports)
		cbor_decref(&exports);
	for (size_t i = 0; i < ENTRIES_CALLED; i++)
		count += component->has_function[i];
	names = cbor_new_definite_array(count);
	for (size_t i = 0; names && at < count; i++) {
		if (component->has_function[i] &&
		    cbor_array_push(names, cbor_move(cbor_build_string(entries[i].name))))
			at++;
	}
	return names;
}

/* The broker checks the imports before any code of the component runs, and kills this process if it
 * refuses one. Otherwise it answers with the limits. */
static int ask_about_imports(struct component *component, int limits_fd, struct error *err)
{
	cbor_item_t *frame;
	int ret;

	channel_send(&component->channel, FRAME_IMPORTS, 0, 1,
		     sandbox_imports(&component->sandbox));
	frame = channel_receive(&component->channel);
	ret = limits_apply(&component->sandbox, frame, 2, limits_fd, err);
	cbor_decref(&frame);
	return ret;
}

static int make_args(const cbor_item_t *frame, size_t wanted, wasmtime_component_val_t *ret_args)
{
	const char *text;
	size_t size;

	if (!wanted)
		return 0;
	if (value_get_text(frame, 3, &text, &size))
		return ERROR_MALFORMED;
	ret_args[0].kind = WASMTIME_COMPONENT_STRING;
	wasm_name_new(&ret_args[0].of.string, size, text);
	return 0;
}

static int call_entry(struct component *component, const cbor_item_t *frame,
		      cbor_item_t **ret_value, struct error *err)
{
	wasmtime_component_val_t args[1], result;
	const char *name;
	size_t size, i = 0;
	int ret;

	if (frame_type(frame) != FRAME_CALL || value_get_text(frame, 2, &name, &size))
		return error_set(err, ERROR_MALFORMED,
				 "the broker sent a frame that is not a call: install harvester "
				 "again, so that node and guest have one version");
	while (i < ENTRIES_CALLED &&
	       (strlen(entries[i].name) != size || memcmp(entries[i].name, name, size)))
		i++;
	if (i == ENTRIES_CALLED || !component->has_function[i])
		return error_set(
			err, ERROR_NOT_FOUND,
			"the component exports no function %.*s: export it as wit/ declares it",
			(int)size, name);
	ret = make_args(frame, entries[i].args, args);
	if (ret)
		return error_set(err, ret,
				 "the broker called %s() without its argument: install harvester "
				 "again, so that node and guest have one version",
				 entries[i].name);
	ret = sandbox_call(&component->sandbox, &component->functions[i], args, entries[i].args,
			   component->has_result[i], &result, err);
	if (ret)
		return ret;
	*ret_value = component->has_result[i] ? lift(&result) : value_null();
	wasmtime_component_val_delete(&result);
	return *ret_value ? 0
			  : error_set(err, ERROR_UNSUPPORTED,
				      "%s() returned a value of a type that no reading can have: "
				      "return one of the types in wit/harvester/plugin.wit",
				      entries[i].name);
}

static bool is_short(const cbor_item_t *value)
{
	unsigned char *bytes = NULL;
	size_t size = 0, used = cbor_serialize_alloc(value, &bytes, &size);

	free(bytes);
	return used && used <= FRAME_DESCRIPTION_MAX;
}

/* [outcome, value]: what describe() returned, or its error. NULL if memory runs out. */
static cbor_item_t *describe(struct component *component)
{
	wasmtime_component_val_t result;
	struct error err = {0};
	cbor_item_t *value;

	if (!component->has_result[ENTRY_DESCRIBE])
		return value_array(2, value_unsigned(OUTCOME_OK), value_null());
	if (sandbox_call(&component->sandbox, &component->functions[ENTRY_DESCRIBE], NULL, 0, true,
			 &result, &err))
		return value_array(2, value_unsigned(OUTCOME_FAILED), value_text(err.text));
	value = lift(&result);
	wasmtime_component_val_delete(&result);
	if (value && is_short(value))
		return value_array(2, value_unsigned(OUTCOME_OK), value);
	if (value)
		cbor_decref(&value);
	return value_array(
		2, value_unsigned(OUTCOME_FAILED),
		value_text("describe() returned more than 64 kB, or a value of another type than a "
			   "list of records"));
}

static enum frame_outcome outcome_of(const struct component *component, int ret)
{
	if (!ret)
		return OUTCOME_OK;
	return component->sandbox.is_lost ? OUTCOME_TRAPPED : OUTCOME_FAILED;
}

static void serve(struct component *component)
{
	while (!component->sandbox.is_lost) {
		cbor_item_t *frame = channel_receive(&component->channel), *value;
		struct error err = {0};
		int ret = call_entry(component, frame, &value, &err);

		channel_send(&component->channel, FRAME_ANSWER, frame_id(frame), 2,
			     value_unsigned(outcome_of(component, ret)),
			     ret ? value_text(err.text) : value);
		cbor_decref(&frame);
	}
}

/* Tell the broker why the plugin cannot run. */
static int refuse(struct component *component, const char *why)
{
	channel_send(&component->channel, FRAME_ANSWER, 0, 2, value_unsigned(OUTCOME_FAILED),
		     value_text(why));
	return GUEST_EXIT_FAILED;
}

/* Make both seccomp programs before installing the first, which forbids the system calls that
 * making one needs. */
static int begin(const char *artifact, const char *target, bool required,
		 struct lockdown *ret_lockdown, struct error *err)
{
	int ret = lockdown_init(ret_lockdown, LOCKDOWN_PLUGIN, err);

	return ret ? ret : lockdown_enter_mapping(artifact, !target, required, err);
}

static int go_on(struct component *component, const struct lockdown *lockdown, bool required,
		 int limits_fd, struct error *err)
{
	int ret = ask_about_imports(component, limits_fd, err);

	if (!ret)
		ret = lockdown_enter(lockdown, required, err);
	return ret ? ret : sandbox_instantiate(&component->sandbox, err);
}

/* Tell the broker that the plugin is ready, with what it declares about its fields. */
static int tell_ready(struct component *component, cbor_item_t *names)
{
	cbor_item_t *description =
		component->has_function[ENTRY_DESCRIBE] ? describe(component) : NULL;

	if (component->sandbox.is_lost) {
		cbor_decref(&names);
		cbor_decref(&description);
		return refuse(component, "the plugin ended in describe()");
	}
	if (description)
		channel_send(&component->channel, FRAME_READY, 0, 2, names, description);
	else
		channel_send(&component->channel, FRAME_READY, 0, 1, names);
	return 0;
}

int component_main(const char *artifact, const char *target, bool lockdown_required)
{
	static struct component component;
	struct lockdown lockdown;
	cbor_item_t *entries_found;
	struct error err = {0};
	int limits_fd;

	lockdown_close_files(CHANNEL_FD, CHANNEL_FD);
	channel_init(&component.channel, CHANNEL_FD);
	limits_fd = limits_open();
	if (begin(artifact, target, lockdown_required, &lockdown, &err))
		return refuse(&component, err.text);
	if (sandbox_open(&component.sandbox, artifact, target, &err))
		return GUEST_EXIT_ARTIFACT;
	component.sandbox.channel = &component.channel;
	if (go_on(&component, &lockdown, lockdown_required, limits_fd, &err))
		return refuse(&component, err.text);
	lockdown_finish(&lockdown);
	entries_found = find_entries(&component);
	if (entries_found && !cbor_array_size(entries_found)) {
		cbor_decref(&entries_found);
		return refuse(&component, "exports no poll(), render(string) or update(string)");
	}
	if (tell_ready(&component, entries_found))
		return GUEST_EXIT_FAILED;
	serve(&component);
	return GUEST_EXIT_TRAP;
}
