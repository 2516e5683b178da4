#include "alert/owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct alert_owner *find(const struct alert_owners *owners, const char *name)
{
	struct alert_owner *owner;

	LIST_FOREACH(owner, owners, link)
	if (!strcmp(owner->name, name))
		return owner;
	return NULL;
}

struct alert_owner *alert_owner_take(struct alert_owners *owners, const char *name)
{
	struct alert_owner *owner = find(owners, name);

	if (!owner) {
		owner = calloc(1, sizeof(*owner));
		if (!owner)
			return NULL;
		snprintf(owner->name, sizeof(owner->name), "%s", name);
		LIST_INSERT_HEAD(owners, owner, link);
	}
	owner->count++;
	return owner;
}

void alert_owner_drop(struct alert_owner *owner)
{
	if (--owner->count)
		return;
	LIST_REMOVE(owner, link);
	free(owner);
}

struct alert_owner *alert_owners_largest(const struct alert_owners *owners)
{
	struct alert_owner *owner, *largest = NULL;

	LIST_FOREACH(owner, owners, link)
	if (!largest || owner->count > largest->count)
		largest = owner;
	return largest;
}

size_t alert_owners_count(const struct alert_owners *owners, const char *name)
{
	const struct alert_owner *owner = find(owners, name);

	return owner ? owner->count : 0;
}
