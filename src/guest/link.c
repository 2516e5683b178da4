#include "guest/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "guest/channel.h"
#include "guest/entropy.h"
#include "guest/lift.h"
#include "guest/sandbox.h"
#include "guest/signature.h"
#include "wire/value.h"

#define SIGNATURE_SIZE_MAX 16384

/* One imported function: the names that the broker gets with each call. Owned by the linker. */
struct host_function {
	struct sandbox *sandbox;
	char *function; /* points into `interface` */
	char interface[];
};

static wasmtime_error_t *fail(const char *text)
{
	return wasmtime_error_new(text);
}

static cbor_item_t *lift_args(const wasmtime_component_val_t *args, size_t count)
{
	cbor_item_t *array = cbor_new_definite_array(count);

	for (size_t i = 0; array && i < count; i++) {
		cbor_item_t *item;

		/* lift() cannot tell the type of an empty list; an empty list<u8> has to be a byte
		 * string. */
		if (args[i].kind == WASMTIME_COMPONENT_LIST && !args[i].of.list.size)
			item = value_bytes(NULL, 0);
		else
			item = lift(&args[i]);
		if (!item || !cbor_array_push(array, item))
			cbor_decref(&array), array = NULL;
		if (item)
			cbor_decref(&item);
	}
	return array;
}

/* Until it has answered a host call, the broker sends nothing else. */
static wasmtime_error_t *take_answer(cbor_item_t *frame, uint64_t id,
				     const wasmtime_component_func_type_t *type,
				     wasmtime_component_val_t *results, size_t count)
{
	wasmtime_component_valtype_t result;
	struct error err = {0};
	int ret;

	if (frame_type(frame) != FRAME_RESULT || frame_id(frame) != id ||
	    cbor_array_size(frame) != 3)
		return fail("the host did not answer the call");
	if (!count || !wasmtime_component_func_type_result(type, &result))
		return NULL;
	ret = lower(cbor_array_handle(frame)[2], &result, &results[0], &err);
	wasmtime_component_valtype_delete(&result);
	return ret ? fail(err.text) : NULL;
}

static wasmtime_error_t *call_host(void *arg, wasmtime_context_t *context,
				   const wasmtime_component_func_type_t *type,
				   wasmtime_component_val_t *args, size_t args_count,
				   wasmtime_component_val_t *results, size_t results_count)
{
	struct host_function *host = arg;
	struct channel *channel = host->sandbox->channel;
	uint64_t id = ++host->sandbox->next_host_id;
	wasmtime_error_t *error;
	cbor_item_t *items, *frame;

	(void)context;
	if (!channel)
		return fail("a host call before there is a host");
	items = lift_args(args, args_count);
	if (!items)
		return fail("an argument of a kind that no host function takes");
	channel_send(channel, FRAME_HOST, id, 3, value_text(host->interface),
		     value_text(host->function), items);
	frame = channel_receive(channel);
	error = take_answer(frame, id, type, results, results_count);
	cbor_decref(&frame);
	return error;
}

static int bind_function(struct sandbox *sandbox, wasmtime_component_linker_instance_t *instance,
			 const char *interface, size_t interface_size, const char *function,
			 size_t function_size, struct error *err)
{
	struct host_function *host = malloc(sizeof(*host) + interface_size + function_size + 2);
	wasmtime_error_t *error;

	if (!host)
		return error_set(err, ERROR_NO_MEMORY,
				 "out of memory while binding the plugin's functions; this machine "
				 "needs more free memory");
	host->sandbox = sandbox;
	memcpy(host->interface, interface, interface_size);
	host->interface[interface_size] = '\0';
	host->function = host->interface + interface_size + 1;
	memcpy(host->function, function, function_size);
	host->function[function_size] = '\0';
	error = wasmtime_component_linker_instance_add_func(instance, function, function_size,
							    call_host, host, free);
	return error ? sandbox_error(err, ERROR_INVALID, interface, error) : 0;
}

static int bind_instance(struct sandbox *sandbox, wasmtime_component_linker_instance_t *root,
			 const char *name, size_t size,
			 const wasmtime_component_instance_type_t *type, struct error *err)
{
	wasmtime_component_linker_instance_t *instance;
	wasmtime_error_t *error =
		wasmtime_component_linker_instance_add_instance(root, name, size, &instance);
	int ret = 0;

	if (error)
		return sandbox_error(err, ERROR_INVALID, "link", error);
	for (size_t i = 0; !ret; i++) {
		wasmtime_component_item_t item;
		const char *function;
		size_t function_size;

		if (!wasmtime_component_instance_type_export_nth(type, sandbox->engine, i,
								 &function, &function_size, &item))
			break;
		if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
			ret = bind_function(sandbox, instance, name, size, function, function_size,
					    err);
		wasmtime_component_item_delete(&item);
	}
	wasmtime_component_linker_instance_delete(instance);
	return ret;
}

static bool is_wasi(const char *name, size_t size)
{
	return size > 5 && !memcmp(name, "wasi:", 5);
}

static int bind_all(struct sandbox *sandbox, wasmtime_component_linker_instance_t *root,
		    const wasmtime_component_type_t *type, struct error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret; i++) {
		wasmtime_component_item_t item;
		const char *name;
		size_t size;

		if (!wasmtime_component_type_import_nth(type, sandbox->engine, i, &name, &size,
							&item))
			break;
		if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE && !is_wasi(name, size))
			ret = bind_instance(sandbox, root, name, size, item.of.component_instance,
					    err);
		else if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
			ret = bind_function(sandbox, root, "", 0, name, size, err);
		wasmtime_component_item_delete(&item);
	}
	return ret;
}

int link_imports(struct sandbox *sandbox, struct error *err)
{
	wasmtime_component_linker_instance_t *root;
	wasmtime_component_type_t *type;
	wasmtime_error_t *error;
	int ret;

	error = wasmtime_component_linker_add_wasip2(sandbox->linker);
	if (error)
		return sandbox_error(err, ERROR_SYSTEM, "WASI", error);
	ret = entropy_link(sandbox->linker, sandbox->component, sandbox->engine, err);
	if (ret)
		return ret;
	root = wasmtime_component_linker_root(sandbox->linker);
	type = wasmtime_component_type(sandbox->component);
	ret = bind_all(sandbox, root, type, err);
	wasmtime_component_type_delete(type);
	wasmtime_component_linker_instance_delete(root);
	return ret;
}

/* Append [interface, function, signature]; 0 or ERROR_NO_MEMORY. */
static int list_function(cbor_item_t *list, const char *interface, size_t interface_size,
			 const char *function, size_t function_size,
			 const wasmtime_component_func_type_t *type)
{
	struct buffer signature;
	cbor_item_t *entry;
	bool added;

	buffer_init(&signature, SIGNATURE_SIZE_MAX);
	signature_append(&signature, type);
	entry = value_array(
		3, cbor_build_stringn(interface, interface_size),
		cbor_build_stringn(function, function_size),
		cbor_build_stringn(signature.data ? signature.data : "", signature.size));
	buffer_finish(&signature);
	added = entry && cbor_array_push(list, entry);
	if (entry)
		cbor_decref(&entry);
	return added ? 0 : ERROR_NO_MEMORY;
}

static int list_instance(const struct sandbox *sandbox, cbor_item_t *list, const char *name,
			 size_t size, const wasmtime_component_instance_type_t *type)
{
	int ret = 0;

	for (size_t i = 0; !ret; i++) {
		wasmtime_component_item_t item;
		const char *function;
		size_t function_size;

		if (!wasmtime_component_instance_type_export_nth(type, sandbox->engine, i,
								 &function, &function_size, &item))
			break;
		if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
			ret = list_function(list, name, size, function, function_size,
					    item.of.component_func);
		wasmtime_component_item_delete(&item);
	}
	return ret;
}

cbor_item_t *link_list(const struct sandbox *sandbox, bool imports)
{
	wasmtime_component_type_t *type = wasmtime_component_type(sandbox->component);
	cbor_item_t *list = cbor_new_indefinite_array(), *whole = NULL;
	int ret = list ? 0 : ERROR_NO_MEMORY;

	for (size_t i = 0; !ret; i++) {
		wasmtime_component_item_t item;
		const char *name;
		size_t size;

		if (!(imports ? wasmtime_component_type_import_nth(type, sandbox->engine, i, &name,
								   &size, &item)
			      : wasmtime_component_type_export_nth(type, sandbox->engine, i, &name,
								   &size, &item)))
			break;
		if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE && !is_wasi(name, size))
			ret = list_instance(sandbox, list, name, size, item.of.component_instance);
		else if (item.kind == WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC)
			ret = list_function(list, "", 0, name, size, item.of.component_func);
		wasmtime_component_item_delete(&item);
	}
	wasmtime_component_type_delete(type);
	/* The wire takes only definite lengths. */
	if (!ret)
		whole = cbor_new_definite_array(cbor_array_size(list));
	for (size_t i = 0; whole && i < cbor_array_size(list); i++) {
		if (!cbor_array_push(whole, cbor_array_handle(list)[i])) {
			cbor_decref(&whole);
			whole = NULL;
		}
	}
	if (list)
		cbor_decref(&list);
	return whole;
}
