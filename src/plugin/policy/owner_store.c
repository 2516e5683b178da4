#include "plugin/policy/owner_store.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/work_queue.h"
#include "plugin/discovery/source.h"
#include "plugin/policy/approvals.h"
#include "plugin/policy/disabled_plugins.h"

/* One decision that waits to be written. */
struct word {
	const struct owner_store *words;
	int (*write)(const struct word *word, struct error *err);
	char name[PLUGIN_NAME_SIZE];
	bool is_off;
	struct permission request;
	struct error err;
};

static int write_switch(const struct word *word, struct error *err)
{
	return disabled_plugins_set(word->words->disabled, word->name, word->is_off, err);
}

static int write_approval(const struct word *word, struct error *err)
{
	return approvals_add(word->words->approvals, word->name, &word->request, err);
}

static void run(void *arg)
{
	struct word *word = arg;

	word->err.code = word->write(word, &word->err);
}

static void done(void *arg, int status)
{
	struct word *word = arg;

	if (status) /* the queue has closed first: write here, since blocking the loop no longer
		       matters */
		run(word);
	word->words->written(word->words->arg, word->name, &word->err);
	free(word);
}

static struct word *create(const struct owner_store *words, const char *name, struct error *err)
{
	struct word *word = calloc(1, sizeof(*word));

	if (word) {
		word->words = words;
		snprintf(word->name, sizeof(word->name), "%s", name);
	} else {
		error_set(err, ERROR_NO_MEMORY, "out of memory");
	}
	return word;
}

/* Takes ownership of `word`, which may be NULL (out of memory). */
static int submit(struct word *word, struct error *err)
{
	int ret = word ? work_queue_submit(word->words->queue, run, done, word) : ERROR_NO_MEMORY;

	if (!ret || !word)
		return ret;
	free(word);
	return error_set(err, ret, "too many changes wait to be written to the disk, try again");
}

int owner_store_approve(const struct owner_store *words, const char *name,
			const struct permission *request, struct error *err)
{
	struct word *word = create(words, name, err);

	if (word) {
		word->write = write_approval;
		word->request = *request;
	}
	return submit(word, err);
}

int owner_store_switch(const struct owner_store *words, const char *name, bool is_off,
		       struct error *err)
{
	struct word *word = create(words, name, err);

	if (word) {
		word->write = write_switch;
		word->is_off = is_off;
	}
	return submit(word, err);
}
