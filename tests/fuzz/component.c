/*
 * A file that says it is a component: the check of its header, the compiler, and the list of what
 * it imports and exports, as harvester-guest makes them. The engine itself carries no
 * instrumentation: what guides the search is our own code.
 */
#include "guest/compile.h"

#include "base/error.h"
#include "fuzz.h"
#include "guest/sandbox.h"

static void check_list(cbor_item_t *list)
{
	CHECK(list && cbor_isa_array(list));
	for (size_t i = 0; i < cbor_array_size(list); i++) {
		cbor_item_t *const row = cbor_array_handle(list)[i];

		CHECK(cbor_isa_array(row) && cbor_array_size(row) == 3);
		for (size_t part = 0; part < 3; part++)
			CHECK(cbor_isa_string(cbor_array_handle(row)[part]));
	}
	cbor_decref(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static wasm_engine_t *engine;
	struct sandbox sandbox = {0};
	struct error err = {0};
	int ret;

	if (!engine)
		engine = sandbox_engine_create(NULL, NULL);
	CHECK(engine);
	sandbox.engine = engine;
	ret = compile_component(engine, data, size, "input", &sandbox.component, &err);
	if (ret) {
		CHECK(ret < 0 && *err.text);
		return 0;
	}
	check_list(sandbox_imports(&sandbox));
	check_list(sandbox_exports(&sandbox));
	wasmtime_component_delete(sandbox.component);
	return 0;
}
