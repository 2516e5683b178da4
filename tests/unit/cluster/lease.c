/* Leases of several nodes on one engine in memory, with a clock of ours. */
#include "cluster/lease.h"

#include "base/clock.h"
#include "cluster/names.h"
#include "fake_engine.h"

#define NODES 3
#define MS UINT64_C(1000000)

struct fixture {
	struct fake_engine engine;
	struct fake_stream *keys;
	struct clock_manual clock;
	struct lease leases[NODES];
	unsigned changes[NODES];
	struct changed {
		struct fixture *fixture;
		int node;
	} args[NODES];
};

static void on_changed(void *arg)
{
	struct changed *changed = arg;

	changed->fixture->changes[changed->node]++;
}

static void begin(struct fixture *fixture, int node, uint64_t seen)
{
	static const char *const names[] = {"a", "b", "c"};
	static const char *const instances[] = {"1a", "1b", "1c"};
	const struct lease_config config = {
		.engine = &fixture->engine.base,
		.clock = &fixture->clock.base,
		.key = CLUSTER_LEADER_KEY,
		.node = names[node],
		.instance = instances[node],
		.seen = seen,
		.on_changed = on_changed,
		.arg = &fixture->args[node],
	};

	fixture->args[node] = (struct changed){fixture, node};
	lease_init(&fixture->leases[node], &config);
}

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	fake_engine_init(&fixture->engine);
	fixture->keys = fake_engine_add(&fixture->engine, CLUSTER_KEYS, CLUSTER_KEYS_SUBJECT ">");
	clock_manual_init(&fixture->clock, 0);
	clock_manual_advance_ns(&fixture->clock, 1000 * MS);
	for (int i = 0; i < NODES; i++)
		begin(fixture, i, 0);
	*state = fixture;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	fake_engine_finish(&fixture->engine);
	for (int i = 0; i < NODES; i++)
		lease_finish(&fixture->leases[i]);
	free(fixture);
	return 0;
}

static bool is_held(struct fixture *fixture, int node)
{
	uint64_t term;

	return lease_is_held(&fixture->leases[node], &term);
}

/* Let time pass in steps, with all answers at once; only `nodes` of them are there. */
static void pass(struct fixture *fixture, uint64_t ms, unsigned nodes)
{
	for (uint64_t at = 0; at < ms; at += 250) {
		clock_manual_advance_ns(&fixture->clock, 250 * MS);
		for (int i = 0; i < NODES; i++)
			if (nodes & 1u << i)
				lease_tick(&fixture->leases[i]);
		fake_engine_run(&fixture->engine);
	}
}

static void one_node_takes_it_and_keeps_it(void **state)
{
	struct fixture *fixture = *state;
	uint64_t term = 0;

	pass(fixture, 500, 1);
	assert_true(is_held(fixture, 0));
	pass(fixture, 20000, 7);
	assert_true(is_held(fixture, 0));
	assert_false(is_held(fixture, 1));
	assert_string_equal(lease_holder(&fixture->leases[1], &term), "a");
	assert_int_equal(term, 1);
	assert_int_equal(fixture->leases[1].elections, 1);
}

static void another_takes_it_when_the_holder_is_dead_and_not_before(void **state)
{
	struct fixture *fixture = *state;
	uint64_t first = 0, second = 0;

	pass(fixture, 3000, 7);
	assert_true(lease_is_held(&fixture->leases[0], &first));
	pass(fixture, LEASE_LIFE_MS - LEASE_RENEW_MS - 500, 6);
	assert_false(is_held(fixture, 1));
	assert_false(is_held(fixture, 2));
	pass(fixture, 10000 - LEASE_LIFE_MS, 6);
	assert_true(lease_is_held(&fixture->leases[1], &second) ||
		    lease_is_held(&fixture->leases[2], &second));
	assert_true(second > first);
	assert_false(is_held(fixture, 0));
}

static void it_ends_by_the_clock_when_the_engine_is_away(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 1000, 1);
	assert_true(is_held(fixture, 0));
	fixture->engine.is_unreachable = true;
	pass(fixture, LEASE_LIFE_MS - 1000, 1);
	assert_true(is_held(fixture, 0));
	pass(fixture, 1500, 1);
	assert_false(is_held(fixture, 0));
}

/* The life counts from before the request was sent, so a slow answer shortens it. */
static void a_slow_answer_gives_no_longer_life(void **state)
{
	struct fixture *fixture = *state;

	lease_tick(&fixture->leases[0]);
	fake_engine_run(&fixture->engine);
	lease_tick(&fixture->leases[0]); /* the write is on its way */
	clock_manual_advance_ns(&fixture->clock, (LEASE_LIFE_MS - 1) * MS);
	fake_engine_run(&fixture->engine);
	assert_true(is_held(fixture, 0));
	clock_manual_advance_ns(&fixture->clock, 1 * MS);
	assert_false(is_held(fixture, 0));
}

static void a_lost_answer_to_a_renewal_does_not_end_it(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 1000, 1);
	clock_manual_advance_ns(&fixture->clock, LEASE_RENEW_MS * MS);
	lease_tick(&fixture->leases[0]);
	fixture->engine.loses_answers = true;
	fake_engine_run(&fixture->engine);
	fixture->engine.loses_answers = false;
	pass(fixture, 10000, 7);
	assert_true(is_held(fixture, 0));
	assert_int_equal(fixture->leases[1].elections, 1);
}

static void two_that_write_at_once_do_not_both_hold_it(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < 2; i++)
		lease_tick(&fixture->leases[i]);
	fake_engine_run(&fixture->engine);
	for (int i = 0; i < 2; i++)
		lease_tick(&fixture->leases[i]);
	assert_int_equal(fixture->engine.waiting_count, 2);
	fake_engine_run(&fixture->engine);
	assert_int_equal(is_held(fixture, 0) + is_held(fixture, 1), 1);
	assert_int_equal(fixture->leases[0].refused + fixture->leases[1].refused, 1);
}

static void a_released_lease_moves_at_once(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 1000, 7);
	assert_true(is_held(fixture, 0));
	lease_release(&fixture->leases[0]);
	assert_false(is_held(fixture, 0));
	fake_engine_run(&fixture->engine);
	pass(fixture, 1500, 7);
	assert_int_equal(is_held(fixture, 1) + is_held(fixture, 2), 1);
	assert_false(is_held(fixture, 0));
}

static void who_does_not_want_it_leaves_it_to_others(void **state)
{
	struct fixture *fixture = *state;

	lease_set_wanted(&fixture->leases[0], false);
	pass(fixture, 2 * LEASE_PATIENCE_MS, 1);
	assert_false(is_held(fixture, 0));
	assert_int_equal(fixture->keys->last, 0);
	pass(fixture, 1000, 7);
	assert_int_equal(is_held(fixture, 1) + is_held(fixture, 2), 1);
}

/* At once here, and with the next ticks for the others; with all that was done. */
static void who_wants_it_no_longer_gives_it_up(void **state)
{
	struct fixture *fixture = *state;
	unsigned changes;

	pass(fixture, 1000, 7);
	assert_true(is_held(fixture, 0));
	lease_set_progress(&fixture->leases[0], json_pack("{s:i}", "done", 8));
	changes = fixture->changes[0];
	lease_set_wanted(&fixture->leases[0], false);
	assert_false(is_held(fixture, 0));
	assert_int_equal(fixture->changes[0], changes + 1);
	pass(fixture, 2000, 7);
	assert_int_equal(is_held(fixture, 1) + is_held(fixture, 2), 1);
	assert_int_equal(
		json_integer_value(json_object_get(lease_progress(&fixture->leases[1]), "done")),
		8);
	lease_set_wanted(&fixture->leases[0], true);
	pass(fixture, 10000, 7);
	assert_false(is_held(fixture, 0)); /* it is not free */
	pass(fixture, 10000, 1);
	assert_true(is_held(fixture, 0));
}

/* The answer to a renewal comes after the lease was given up: it is not held again by that. */
static void a_late_renewal_is_given_up_too(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 1000, 1);
	clock_manual_advance_ns(&fixture->clock, LEASE_RENEW_MS * MS);
	lease_tick(&fixture->leases[0]); /* the renewal is on its way */
	lease_set_wanted(&fixture->leases[0], false);
	fake_engine_run(&fixture->engine);
	assert_false(is_held(fixture, 0));
	pass(fixture, 1500, 3);
	assert_true(is_held(fixture, 1));
}

/* The answer to giving it up comes after it is wanted again: that names no holder. */
static void it_may_be_wanted_again_at_once(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 1000, 1);
	lease_set_wanted(&fixture->leases[0], false);
	lease_tick(&fixture->leases[0]); /* it reads the key */
	fake_engine_run(&fixture->engine);
	lease_tick(&fixture->leases[0]); /* the write that gives it up is on its way */
	assert_int_equal(fixture->engine.waiting_count, 1);
	lease_set_wanted(&fixture->leases[0], true);
	fake_engine_run(&fixture->engine);
	assert_false(is_held(fixture, 0));
	pass(fixture, 1500, 1);
	assert_true(is_held(fixture, 0));
}

/* Answers of a server that lags behind. */
static void an_old_answer_does_not_make_the_lease_free(void **state)
{
	struct fixture *fixture = *state;
	uint64_t refused;

	pass(fixture, 3000, 7);
	refused = fixture->leases[1].refused;
	fixture->keys->visible = 1;
	pass(fixture, 2000, 7);
	fixture->keys->visible = 0;
	pass(fixture, 3000, 7);
	assert_true(is_held(fixture, 0));
	assert_int_equal(fixture->leases[1].elections, 1);
	assert_int_equal(fixture->leases[1].refused, refused);
}

static void terms_grow_when_the_bucket_was_lost(void **state)
{
	struct fixture *fixture = *state;
	uint64_t before = 0, after = 0;

	pass(fixture, 8000, 1);
	lease_release(&fixture->leases[0]);
	fake_engine_run(&fixture->engine);
	pass(fixture, 2000, 6);
	assert_true(lease_is_held(&fixture->leases[1], &before));
	assert_true(before > 3);
	fake_stream_delete(fixture->keys);
	fixture->keys = fake_engine_add(&fixture->engine, CLUSTER_KEYS, CLUSTER_KEYS_SUBJECT ">");
	pass(fixture, 3 * LEASE_PATIENCE_MS, 6);
	assert_true(lease_is_held(&fixture->leases[1], &after) ||
		    lease_is_held(&fixture->leases[2], &after));
	assert_true(after > before);
}

static json_int_t progress_of(struct fixture *fixture, int node)
{
	return json_integer_value(json_object_get(lease_progress(&fixture->leases[node]), "done"));
}

/* The others see what the holder has done, and the next holder does not forget it. */
static void progress_passes_to_the_next_holder(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 3000, 7);
	lease_set_progress(&fixture->leases[0], json_pack("{s:i}", "done", 7));
	lease_set_progress(&fixture->leases[1], json_pack("{s:i}", "done", 1)); /* no holder */
	pass(fixture, 2500, 7);
	assert_int_equal(progress_of(fixture, 1), 7);
	pass(fixture, 10000, 6);
	assert_int_equal(is_held(fixture, 1) + is_held(fixture, 2), 1);
	assert_int_equal(progress_of(fixture, 1), 7);
	assert_int_equal(progress_of(fixture, 2), 7);
}

/* What was done until the end, not until the last renewal. */
static void a_released_lease_says_what_was_done(void **state)
{
	struct fixture *fixture = *state;

	pass(fixture, 1000, 7);
	lease_set_progress(&fixture->leases[0], json_pack("{s:i}", "done", 8));
	lease_release(&fixture->leases[0]);
	fake_engine_run(&fixture->engine);
	pass(fixture, 1500, 6);
	assert_int_equal(progress_of(fixture, 1), 8);
}

static void it_is_held_until_a_renewal_makes_that_later(void **state)
{
	struct fixture *fixture = *state;
	uint64_t until_ns;

	pass(fixture, 1000, 7);
	until_ns = lease_held_until_ns(&fixture->leases[0]);
	assert_true(until_ns > clock_monotonic_ns(&fixture->clock.base));
	assert_int_equal(lease_held_until_ns(&fixture->leases[1]), 0);
	pass(fixture, LEASE_LIFE_MS / 2, 7);
	assert_true(lease_held_until_ns(&fixture->leases[0]) > until_ns);
	clock_manual_advance_ns(&fixture->clock, LEASE_LIFE_MS * MS);
	assert_int_equal(lease_held_until_ns(&fixture->leases[0]), 0);
}

static void a_term_that_was_seen_elsewhere_is_exceeded(void **state)
{
	struct fixture *fixture = *state;
	uint64_t term = 0;

	begin(fixture, 0, 700);
	pass(fixture, 5000, 1);
	assert_true(lease_is_held(&fixture->leases[0], &term));
	assert_int_equal(term, 701);
}

/*
 * Random histories: ticks, answers, lost answers, pauses and wishes in any order. Never two
 * holders, and the terms of those that hold it never go back.
 */
static void there_are_never_two(void **state)
{
	struct fixture *fixture;
	unsigned seed = 7, held = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint64_t highest = 0;

		setup((void **)&fixture);
		for (int step = 0; step < 400 && fixture->keys->last + 8 < FAKE_STORED; step++) {
			uint64_t term = 0;
			int count = 0;

			fixture->engine.loses_answers = rand_r(&seed) % 8 == 0;
			fixture->engine.is_unreachable = rand_r(&seed) % 8 == 0;
			clock_manual_advance_ns(&fixture->clock,
						(uint64_t)(rand_r(&seed) % 600) * MS);
			if (rand_r(&seed) % 8 == 0)
				lease_set_wanted(&fixture->leases[rand_r(&seed) % NODES],
						 rand_r(&seed) % 4 != 0);
			lease_tick(&fixture->leases[rand_r(&seed) % NODES]);
			if (rand_r(&seed) % 3)
				fake_engine_answer(&fixture->engine);
			for (int i = 0; i < NODES; i++) {
				if (!lease_is_held(&fixture->leases[i], &term))
					continue;
				count++;
				assert_true(term >= highest);
				highest = term;
			}
			assert_true(count <= 1);
			held += (unsigned)count;
		}
		teardown((void **)&fixture);
	}
	assert_true(held > 10000); /* it was held in many of the states */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_node_takes_it_and_keeps_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			another_takes_it_when_the_holder_is_dead_and_not_before, setup, teardown),
		cmocka_unit_test_setup_teardown(it_ends_by_the_clock_when_the_engine_is_away, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_slow_answer_gives_no_longer_life, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_lost_answer_to_a_renewal_does_not_end_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(two_that_write_at_once_do_not_both_hold_it, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_released_lease_moves_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(progress_passes_to_the_next_holder, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_released_lease_says_what_was_done, setup,
						teardown),
		cmocka_unit_test_setup_teardown(it_is_held_until_a_renewal_makes_that_later, setup,
						teardown),
		cmocka_unit_test_setup_teardown(an_old_answer_does_not_make_the_lease_free, setup,
						teardown),
		cmocka_unit_test_setup_teardown(terms_grow_when_the_bucket_was_lost, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_term_that_was_seen_elsewhere_is_exceeded, setup,
						teardown),
		cmocka_unit_test_setup_teardown(who_does_not_want_it_leaves_it_to_others, setup,
						teardown),
		cmocka_unit_test_setup_teardown(who_wants_it_no_longer_gives_it_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_late_renewal_is_given_up_too, setup, teardown),
		cmocka_unit_test_setup_teardown(it_may_be_wanted_again_at_once, setup, teardown),
		cmocka_unit_test(there_are_never_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
