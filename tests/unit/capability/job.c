/* Calls that wait for a bus, on a bus whose transfers last as long as the test wants. */
#include "capability/internal.h"

#include "fixture.h"
#include "hardware/bus/i2c.h"

#define NS_PER_S 1000000000ull

struct slow_bus {
	struct i2c_bus base;
	struct i2c_bus *real;
	uv_sem_t begun, gate;
	unsigned transfers; /* written by the bus's thread; read when it is at rest */
};

struct caller {
	struct capability_client client;
	struct capability_call *call;
	unsigned answers;
	char text[128]; /* of the last error */
};

static int wait_at_gate(struct i2c_bus *base, struct i2c_message *messages, size_t count,
			struct error *err)
{
	struct slow_bus *bus = (struct slow_bus *)base;

	(void)messages;
	(void)count;
	(void)err;
	uv_sem_post(&bus->begun);
	uv_sem_wait(&bus->gate);
	bus->transfers++;
	return 0;
}

static const struct i2c_bus_ops slow_ops = {.transfer = wait_at_gate};
static struct slow_bus slow;

static int setup(void **state)
{
	struct fixture *f;
	int ret = fixture_setup(state);

	f = *state;
	f->permission.i2c[0] = 0x40;
	f->permission.i2c_count = 1;
	slow = (struct slow_bus){.base = {.ops = &slow_ops, .number = 1}, .real = f->host->i2c};
	uv_sem_init(&slow.begun, 0);
	uv_sem_init(&slow.gate, 0);
	f->host->i2c = &slow.base;
	return ret;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	f->host->i2c = slow.real;
	fixture_teardown(state);
	uv_sem_destroy(&slow.begun);
	uv_sem_destroy(&slow.gate);
	return 0;
}

static void take_answer(void *arg, const cbor_item_t *value)
{
	struct caller *caller = arg;
	const cbor_item_t *payload = cbor_array_handle(value)[1];

	caller->call = NULL;
	caller->answers++;
	caller->text[0] = '\0';
	if (!cbor_get_bool(cbor_array_handle(value)[0]))
		snprintf(caller->text, sizeof(caller->text), "%.*s",
			 (int)cbor_string_length(payload),
			 (const char *)cbor_string_handle(payload));
}

static void call(struct fixture *f, struct caller *caller, const char *name, bool is_old)
{
	cbor_item_t *args = is_old ? ARGS(3, U(0x40), value_text("00"), U(1))
				   : ARGS(4, U(1), U(0x40), value_bytes(NULL, 0), U(1));

	*caller = (struct caller){
		.client = {.name = name, .host = f->host, .permission = &f->permission}};
	assert_int_equal(capability_dispatch(&caller->client, "i2c",
					     is_old ? "transfer" : "write-read", args, take_answer,
					     caller, &caller->call, &f->err),
			 0);
	assert_non_null(caller->call);
	cbor_decref(&args);
}

static void run_until(struct fixture *f, const unsigned *answers)
{
	while (!*answers)
		uv_run(&f->loop, UV_RUN_ONCE);
}

static void pass_ms(struct fixture *f, unsigned ms)
{
	uint64_t end_ns = uv_hrtime() + ms * 1000000ull;

	while (uv_hrtime() < end_ns)
		uv_run(&f->loop, UV_RUN_NOWAIT);
}

/* Waiting is counted, being on the bus is not. */
static void test_waiting_for_others_is_counted(void **state)
{
	struct fixture *f = *state;
	struct caller first, second;
	uint64_t first_ns;

	call(f, &first, "first", false);
	uv_sem_wait(&slow.begun);
	first_ns = capability_call_waited_ns(first.call);
	call(f, &second, "second", false);
	pass_ms(f, 20);
	assert_int_equal(capability_call_waited_ns(first.call), first_ns);
	assert_true(capability_call_waited_ns(second.call) >= 20000000);
	uv_sem_post(&slow.gate);
	run_until(f, &first.answers);
	assert_int_equal(first.client.waited_ns, first_ns);
	assert_int_equal(second.client.waited_ns, 0);
	uv_sem_post(&slow.gate);
	run_until(f, &second.answers);
	assert_true(second.client.waited_ns >= 20000000);
}

static void test_timeouts(void **state)
{
	struct fixture *f = *state;
	struct caller on_bus, old, typed;
	uint64_t now_ns;

	call(f, &on_bus, "a", true);
	uv_sem_wait(&slow.begun);
	call(f, &old, "b", true);
	call(f, &typed, "c", false);
	now_ns = uv_hrtime();
	capability_jobs_check(f->host, now_ns + 7 * NS_PER_S);
	assert_int_equal(on_bus.answers + old.answers + typed.answers, 0);
	capability_jobs_check(f->host, now_ns + 9 * NS_PER_S);
	assert_int_equal(on_bus.answers, 1);
	assert_string_equal(on_bus.text, "timeout: the transfer took longer than 8 s; check the "
					 "device and its wires");
	assert_int_equal(old.answers + typed.answers, 0);
	capability_jobs_check(f->host, now_ns + 61 * NS_PER_S);
	assert_int_equal(old.answers, 1);
	assert_string_equal(old.text,
			    "timeout: other plugins kept the bus busy for 60 s; poll less "
			    "often");
	assert_int_equal(typed.answers, 1);
	assert_string_equal(typed.text, "timeout");
	/* The bus is used again when it is free. */
	uv_sem_post(&slow.gate);
	uv_sem_post(&slow.gate);
	call(f, &typed, "c", false);
	run_until(f, &typed.answers);
	assert_string_equal(typed.text, "");
	assert_int_equal(slow.transfers, 2);
	assert_int_equal(on_bus.answers, 1);
}

/* A plugin that is gone sends nothing more. */
static void test_what_was_abandoned_does_not_reach_the_bus(void **state)
{
	struct fixture *f = *state;
	struct caller first, second, third;

	call(f, &first, "first", false);
	uv_sem_wait(&slow.begun);
	call(f, &second, "second", false);
	call(f, &third, "third", false);
	capability_call_abandon(second.call);
	capability_call_abandon(first.call);
	uv_sem_post(&slow.gate);
	uv_sem_post(&slow.gate);
	run_until(f, &third.answers);
	assert_int_equal(first.answers + second.answers, 0);
	assert_int_equal(slow.transfers, 2);
	assert_int_equal(uv_sem_trywait(&slow.gate), UV_EAGAIN);
}

int main(void)
{
#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_waiting_for_others_is_counted),
		TEST(test_timeouts),
		TEST(test_what_was_abandoned_does_not_reach_the_bus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
