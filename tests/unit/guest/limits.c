/* The memory limits that come with a plugin. What the engine does with its own is not tested here.
 */
#include "guest/limits.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../emulated.h"
#include "broker.h"
#include "guest/sandbox.h"

#define MB (1ull << 20)

static uint64_t linear_limit; /* what the sandbox was given last */

void sandbox_set_memory_limit(struct sandbox *sandbox, uint64_t bytes)
{
	(void)sandbox;
	linear_limit = bytes;
}

/* [3, 0, item]; takes ownership of the item. */
static cbor_item_t *make_frame(cbor_item_t *item)
{
	return value_array(3, value_unsigned(FRAME_RESULT), value_unsigned(0), item);
}

static int apply(cbor_item_t *item, size_t index, struct error *err)
{
	cbor_item_t *frame = make_frame(item);
	int ret = limits_apply(NULL, frame, index, limits_open(), err);

	cbor_decref(&frame);
	return ret;
}

/* In a child: exits with 0 if 8 MB more are possible, and 64 MB more are not. */
static void allocate(void *arg)
{
	void *few, *many;

	(void)arg;
	if (apply(value_array(2, value_unsigned(5 * MB), value_unsigned(32 * MB)), 2, NULL) ||
	    linear_limit != 5 * MB)
		_exit(1);
	few = mmap(NULL, 8 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (few == MAP_FAILED)
		_exit(2);
	many = mmap(NULL, 64 * MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	_exit(many == MAP_FAILED && errno == ENOMEM ? 0 : 3);
}

static void the_process_may_map_as_much_more(void **state)
{
	(void)state;
	/* qemu keeps this limit from the kernel, which would count qemu's own memory. */
	if (emulated())
		skip();
	assert_int_equal(broker_fork(allocate, NULL), 0);
}

static void other_limits_are_refused(void **state)
{
	struct error err = {0};

	(void)state;
	linear_limit = 1;
	assert_int_equal(apply(value_null(), 2, &err), ERROR_MALFORMED);
	assert_string_equal(err.text, "the broker sent a frame without limits: install harvester "
				      "again, so that node and guest have one version");
	assert_int_equal(apply(value_text("64 MB"), 2, NULL), ERROR_MALFORMED);
	assert_int_equal(apply(value_array(1, value_unsigned(MB)), 2, NULL), ERROR_MALFORMED);
	assert_int_equal(apply(value_array(2, value_unsigned(MB), value_text("x")), 2, NULL),
			 ERROR_MALFORMED);
	assert_int_equal(
		apply(value_array(2, value_unsigned(MB), value_unsigned(UINT64_MAX)), 2, NULL),
		ERROR_MALFORMED);
	assert_int_equal(apply(value_array(2, value_unsigned(MB), value_unsigned(MB)), 3, NULL),
			 ERROR_MALFORMED);
	assert_int_equal(linear_limit, 1);
}

static void without_proc_there_is_no_limit_to_trust(void **state)
{
	cbor_item_t *frame = make_frame(value_array(2, value_unsigned(MB), value_unsigned(MB)));
	struct error err = {0};

	(void)state;
	assert_int_equal(limits_apply(NULL, frame, 2, -1, &err), ERROR_SYSTEM);
	assert_non_null(strstr(err.text, "/proc/self/statm"));
	cbor_decref(&frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_process_may_map_as_much_more),
		cmocka_unit_test(other_limits_are_refused),
		cmocka_unit_test(without_proc_there_is_no_limit_to_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
