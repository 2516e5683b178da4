#include "bundle/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define POLLS 3
#define LIMIT 2

/* A version that has started on probation, after one that returned so many readings a poll. */
static struct bundle_verdict start(size_t usual)
{
	struct bundle_verdict verdict = {0};

	bundle_verdict_note_poll(&verdict, usual);
	bundle_verdict_begin(&verdict, true, POLLS);
	return verdict;
}

static void test_passes_once(void **state)
{
	struct bundle_verdict verdict = start(1);

	(void)state;
	for (int i = 1; i < POLLS; i++)
		assert_int_equal(bundle_verdict_note_poll(&verdict, 1), BUNDLE_UNDECIDED);
	assert_int_equal(bundle_verdict_note_poll(&verdict, 1), BUNDLE_PASSES);
	for (int i = 0; i < 2 * POLLS; i++)
		assert_int_equal(bundle_verdict_note_poll(&verdict, 1), BUNDLE_UNDECIDED);
	assert_false(verdict.is_judged);
	/* From now on it may fail as it likes. */
	assert_int_equal(bundle_verdict_note_death(&verdict, false), BUNDLE_UNDECIDED);
}

/* What is not on probation is counted, and not judged. */
static void test_without_probation(void **state)
{
	struct bundle_verdict verdict = {0};

	(void)state;
	bundle_verdict_begin(&verdict, false, POLLS);
	for (int i = 0; i < 2 * POLLS; i++)
		assert_int_equal(bundle_verdict_note_poll(&verdict, 4), BUNDLE_UNDECIDED);
	assert_int_equal(verdict.usual, 4);
	for (int i = 0; i < 2 * LIMIT; i++)
		assert_int_equal(bundle_verdict_note_failure(&verdict, false, LIMIT),
				 BUNDLE_UNDECIDED);
	assert_int_equal(bundle_verdict_note_death(&verdict, false), BUNDLE_UNDECIDED);
}

/* Failures add up, also if polls succeed between them; after a verdict nothing is decided again. */
static void test_failures(void **state)
{
	struct bundle_verdict verdict = start(1);

	(void)state;
	assert_int_equal(bundle_verdict_note_failure(&verdict, true, LIMIT), BUNDLE_UNDECIDED);
	assert_int_equal(verdict.failed, 1);
	assert_int_equal(bundle_verdict_note_poll(&verdict, 1), BUNDLE_UNDECIDED);
	assert_int_equal(bundle_verdict_note_failure(&verdict, true, LIMIT), BUNDLE_FAILS);
	assert_true(verdict.is_judged);
	assert_int_equal(bundle_verdict_note_failure(&verdict, true, LIMIT), BUNDLE_UNDECIDED);
	assert_int_equal(bundle_verdict_note_death(&verdict, true), BUNDLE_UNDECIDED);
	for (int i = 0; i < POLLS; i++)
		assert_int_equal(bundle_verdict_note_poll(&verdict, 1), BUNDLE_UNDECIDED);
}

static void test_silence(void **state)
{
	struct bundle_verdict verdict = start(4), nobody_expects = start(0);

	(void)state;
	for (int i = 1; i < POLLS; i++) {
		bundle_verdict_note_poll(&verdict, 0);
		bundle_verdict_note_poll(&nobody_expects, 0);
	}
	assert_int_equal(bundle_verdict_note_poll(&verdict, 0), BUNDLE_IS_SILENT);
	assert_true(verdict.is_judged);
	assert_int_equal(bundle_verdict_note_poll(&nobody_expects, 0), BUNDLE_PASSES);
	/* One reading in all its polls is enough. */
	verdict = start(4);
	bundle_verdict_note_poll(&verdict, 1);
	bundle_verdict_note_poll(&verdict, 0);
	assert_int_equal(bundle_verdict_note_poll(&verdict, 0), BUNDLE_PASSES);
}

/*
 * While the version before works, only a version that has started is judged: what dies may be the
 * one before. Where that did not work, the new one has its place at once.
 */
static void test_death_before_the_start(void **state)
{
	struct bundle_verdict working = {0}, broken = {0};

	(void)state;
	bundle_verdict_note_poll(&working, 1);
	assert_int_equal(bundle_verdict_note_death(&working, true), BUNDLE_UNDECIDED);
	assert_false(working.works);
	assert_int_equal(bundle_verdict_note_death(&broken, true), BUNDLE_FAILS);
}

/* The polls of a version that is to be replaced say nothing about the next one. */
static void test_another_version(void **state)
{
	struct bundle_verdict verdict = start(1);

	(void)state;
	bundle_verdict_note_poll(&verdict, 1);
	assert_int_equal(bundle_verdict_note_failure(&verdict, true, LIMIT), BUNDLE_UNDECIDED);
	bundle_verdict_leave(&verdict);
	for (int i = 0; i < POLLS; i++)
		assert_int_equal(bundle_verdict_note_poll(&verdict, 1), BUNDLE_UNDECIDED);
	bundle_verdict_begin(&verdict, true, POLLS);
	assert_int_equal(verdict.left, POLLS);
	assert_int_equal(bundle_verdict_note_failure(&verdict, true, LIMIT), BUNDLE_UNDECIDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes_once),
		cmocka_unit_test(test_without_probation),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_death_before_the_start),
		cmocka_unit_test(test_another_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
