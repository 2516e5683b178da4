/*
 * A stand-in for the engine's linker: it shows the imports of `fake_world`, and keeps the functions
 * that are linked, so that a test can call them as a component would. It runs no WebAssembly.
 */
#ifndef TESTS_GUEST_FAKE_ENGINE_H
#define TESTS_GUEST_FAKE_ENGINE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "guest/sandbox.h"

struct wasmtime_error {
	char text[200];
};

struct fake_import {
	const char *name;
	const char *functions[4]; /* of an interface; none: the import is a function itself */
};

#define FAKE_LINKED_MAX 16

static struct fake_engine {
	const struct fake_import *world;
	size_t world_size;
	const char *current; /* the interface that is being linked; "" at the root */
	struct {
		const char *interface;
		char function[64];
		wasmtime_component_func_callback_t call;
		void *arg;
		void (*finalizer)(void *arg);
	} linked[FAKE_LINKED_MAX];
	size_t linked_count;
	unsigned shadowing; /* how many functions were linked while it was allowed */
	bool may_shadow, has_wasi;
	bool has_result; /* of every function: a u32 */
} fake;

static const char *const fake_root = "";

static inline void fake_engine_init(const struct fake_import *world, size_t size)
{
	fake = (struct fake_engine){.world = world, .world_size = size, .current = fake_root};
}

static inline void fake_engine_finish(void)
{
	for (size_t i = 0; i < fake.linked_count; i++)
		if (fake.linked[i].finalizer)
			fake.linked[i].finalizer(fake.linked[i].arg);
}

/* The index of a linked function; -1: it was not linked. */
static inline int fake_engine_find(const char *interface, const char *function)
{
	for (size_t i = 0; i < fake.linked_count; i++)
		if (!strcmp(fake.linked[i].interface, interface) &&
		    !strcmp(fake.linked[i].function, function))
			return (int)i;
	return -1;
}

wasmtime_error_t *wasmtime_error_new(const char *text)
{
	wasmtime_error_t *error = calloc(1, sizeof(*error));

	snprintf(error->text, sizeof(error->text), "%s", text);
	return error;
}

void wasmtime_error_delete(wasmtime_error_t *error)
{
	free(error);
}

int sandbox_error(struct error *err, int code, const char *what, wasmtime_error_t *error)
{
	error_set(err, code, "%s: %s", what, error->text);
	free(error);
	return code;
}

wasmtime_error_t *wasmtime_component_linker_add_wasip2(wasmtime_component_linker_t *linker)
{
	(void)linker;
	fake.has_wasi = true;
	return NULL;
}

void wasmtime_component_linker_allow_shadowing(wasmtime_component_linker_t *linker, bool allow)
{
	(void)linker;
	fake.may_shadow = allow;
}

wasmtime_component_linker_instance_t *
wasmtime_component_linker_root(wasmtime_component_linker_t *linker)
{
	(void)linker;
	return (wasmtime_component_linker_instance_t *)&fake;
}

wasmtime_error_t *
wasmtime_component_linker_instance_add_instance(wasmtime_component_linker_instance_t *root,
						const char *name, size_t size,
						wasmtime_component_linker_instance_t **ret_instance)
{
	for (size_t i = 0; i < fake.world_size; i++)
		if (strlen(fake.world[i].name) == size && !memcmp(fake.world[i].name, name, size))
			fake.current = fake.world[i].name;
	*ret_instance = root;
	return NULL;
}

void wasmtime_component_linker_instance_delete(wasmtime_component_linker_instance_t *instance)
{
	(void)instance;
	fake.current = fake_root;
}

wasmtime_error_t *wasmtime_component_linker_instance_add_func(
	wasmtime_component_linker_instance_t *instance, const char *name, size_t size,
	wasmtime_component_func_callback_t call, void *arg, void (*finalizer)(void *arg))
{
	(void)instance;
	if (fake.linked_count == FAKE_LINKED_MAX)
		return wasmtime_error_new("too many functions for the fake engine");
	fake.linked[fake.linked_count].interface = fake.current;
	snprintf(fake.linked[fake.linked_count].function, 64, "%.*s", (int)size, name);
	fake.linked[fake.linked_count].call = call;
	fake.linked[fake.linked_count].arg = arg;
	fake.linked[fake.linked_count++].finalizer = finalizer;
	fake.shadowing += fake.may_shadow;
	return NULL;
}

wasmtime_component_type_t *wasmtime_component_type(const wasmtime_component_t *component)
{
	(void)component;
	return (wasmtime_component_type_t *)&fake;
}

void wasmtime_component_type_delete(wasmtime_component_type_t *type)
{
	(void)type;
}

bool wasmtime_component_type_import_nth(const wasmtime_component_type_t *type,
					const wasm_engine_t *engine, size_t index,
					const char **ret_name, size_t *ret_size,
					wasmtime_component_item_t *ret_item)
{
	(void)type, (void)engine;
	if (index >= fake.world_size)
		return false;
	*ret_name = fake.world[index].name;
	*ret_size = strlen(*ret_name);
	ret_item->kind = fake.world[index].functions[0] ? WASMTIME_COMPONENT_ITEM_COMPONENT_INSTANCE
							: WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC;
	ret_item->of.component_instance = (void *)(uintptr_t)&fake.world[index];
	return true;
}

bool wasmtime_component_type_export_nth(const wasmtime_component_type_t *type,
					const wasm_engine_t *engine, size_t index,
					const char **ret_name, size_t *ret_size,
					wasmtime_component_item_t *ret_item)
{
	(void)type, (void)engine, (void)index, (void)ret_name, (void)ret_size, (void)ret_item;
	return false;
}

bool wasmtime_component_instance_type_export_nth(const wasmtime_component_instance_type_t *type,
						 const wasm_engine_t *engine, size_t index,
						 const char **ret_name, size_t *ret_size,
						 wasmtime_component_item_t *ret_item)
{
	const struct fake_import *import = (const void *)type;

	(void)engine;
	if (index >= 4 || !import->functions[index])
		return false;
	*ret_name = import->functions[index];
	*ret_size = strlen(*ret_name);
	ret_item->kind = WASMTIME_COMPONENT_ITEM_COMPONENT_FUNC;
	return true;
}

void wasmtime_component_item_delete(wasmtime_component_item_t *item)
{
	(void)item;
}

bool wasmtime_component_func_type_result(const wasmtime_component_func_type_t *type,
					 wasmtime_component_valtype_t *ret_type)
{
	(void)type;
	ret_type->kind = WASMTIME_COMPONENT_VALTYPE_U32;
	return fake.has_result;
}

void wasmtime_component_valtype_delete(wasmtime_component_valtype_t *type)
{
	(void)type;
}

static inline void fake_vals_new(wasmtime_component_val_t **ret_data, size_t *ret_size,
				 size_t count)
{
	*ret_data = calloc(count + 1, sizeof(**ret_data));
	*ret_size = count;
}

void wasmtime_component_vallist_new_uninit(wasmtime_component_vallist_t *list, size_t count)
{
	fake_vals_new(&list->data, &list->size, count);
}

void wasmtime_component_valtuple_new_uninit(wasmtime_component_valtuple_t *tuple, size_t count)
{
	fake_vals_new(&tuple->data, &tuple->size, count);
}

#endif
