#include "bundle/verdict.h"

void bundle_verdict_begin(struct bundle_verdict *verdict, bool is_on_probation, unsigned polls)
{
	verdict->is_watched = is_on_probation;
	verdict->is_judged = false;
	verdict->left = polls;
	verdict->expected = verdict->usual;
	verdict->seen = 0;
	verdict->failed = 0;
}

void bundle_verdict_leave(struct bundle_verdict *verdict)
{
	verdict->is_watched = false;
}

static enum bundle_finding fail(struct bundle_verdict *verdict, enum bundle_finding how)
{
	verdict->is_watched = false;
	verdict->is_judged = true;
	return how;
}

enum bundle_finding bundle_verdict_note_poll(struct bundle_verdict *verdict, size_t readings)
{
	verdict->works = true;
	verdict->usual = readings ? readings : verdict->usual;
	verdict->seen += readings;
	if (!verdict->is_watched || !verdict->left || --verdict->left)
		return BUNDLE_UNDECIDED;
	if (verdict->expected && !verdict->seen)
		return fail(verdict, BUNDLE_IS_SILENT);
	verdict->is_watched = false;
	return BUNDLE_PASSES;
}

static bool may_judge(const struct bundle_verdict *verdict, bool is_on_probation)
{
	return !verdict->is_judged && (verdict->is_watched || (!verdict->works && is_on_probation));
}

enum bundle_finding bundle_verdict_note_failure(struct bundle_verdict *verdict,
						bool is_on_probation, unsigned limit)
{
	bool fails = may_judge(verdict, is_on_probation) && ++verdict->failed >= limit;

	verdict->works = false;
	return fails ? fail(verdict, BUNDLE_FAILS) : BUNDLE_UNDECIDED;
}

enum bundle_finding bundle_verdict_note_death(struct bundle_verdict *verdict, bool is_on_probation)
{
	bool fails = may_judge(verdict, is_on_probation);

	verdict->works = false;
	return fails ? fail(verdict, BUNDLE_FAILS) : BUNDLE_UNDECIDED;
}
