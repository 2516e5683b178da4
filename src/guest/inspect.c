#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "guest/compile.h"
#include "guest/lockdown.h"
#include "guest/sandbox.h"
#include "wire/exit.h"
#include "wire/value.h"

/* Takes ownership of both lists. */
static int print(cbor_item_t *imports, cbor_item_t *exports)
{
	json_t *json_imports = NULL, *json_exports = NULL, *all;
	int ret = ERROR_NO_MEMORY;

	if (imports && exports && !value_to_json(imports, &json_imports, NULL) &&
	    !value_to_json(exports, &json_exports, NULL)) {
		all = json_pack("{s:o, s:o}", "imports", json_imports, "exports", json_exports);
		ret = json_dumpf(all, stdout, JSON_INDENT(2)) ? ERROR_SYSTEM : 0;
		putchar('\n');
		json_decref(all);
	}
	if (imports)
		cbor_decref(&imports);
	if (exports)
		cbor_decref(&exports);
	return ret;
}

/* As for a component that runs (component.c): the engine believes what stands in an artifact. */
static int open_locked(const char *path, struct sandbox *ret_sandbox, struct error *err)
{
	struct lockdown lockdown;
	int ret = lockdown_init(&lockdown, LOCKDOWN_PLUGIN, err);

	if (ret)
		return ret;
	ret = lockdown_enter_mapping(path, true, false, err);
	if (!ret)
		ret = sandbox_open(ret_sandbox, path, NULL, err);
	if (!ret)
		ret = lockdown_enter(&lockdown, false, err);
	lockdown_finish(&lockdown);
	return ret;
}

int inspect_main(const char *path)
{
	struct sandbox sandbox;
	struct error err = {0};
	int ret = open_locked(path, &sandbox, &err);

	if (ret) {
		fprintf(stderr, "%s\n", err.text);
		return GUEST_EXIT_ARTIFACT;
	}
	ret = print(sandbox_imports(&sandbox), sandbox_exports(&sandbox));
	sandbox_close(&sandbox);
	return ret ? GUEST_EXIT_FAILED : GUEST_EXIT_OK;
}
