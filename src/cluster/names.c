#include "cluster/names.h"

#include <stdio.h>
#include <string.h>

bool cluster_name_fits(const char *node)
{
	size_t length = strlen(node);

	return length && node[0] != '.' && node[length - 1] != '.' && !strstr(node, "..") &&
	       !strpbrk(node, "*> \t\r\n");
}

bool cluster_spoke_fits(const char *spoke)
{
	return *spoke && strlen(spoke) <= READING_NAME_MAX && !strpbrk(spoke, ".*>/ \t\r\n");
}

static void replace(char *text, char from, char to)
{
	for (; *text; text++)
		*text = *text == from ? to : *text;
}

void cluster_inbox(const char *node, char ret_inbox[CLUSTER_INBOX_SIZE])
{
	int length = snprintf(ret_inbox, CLUSTER_INBOX_SIZE, "_INBOX.");

	snprintf(ret_inbox + length, CLUSTER_INBOX_SIZE - (size_t)length, "%s", node);
	replace(ret_inbox + length, '.', '/');
}

void cluster_log_subject(const char *hub, const char *node, char ret_subject[ENGINE_SUBJECT_SIZE])
{
	const char *prefix = *hub ? CLUSTER_RELAYED_SUBJECT : CLUSTER_LOG_SUBJECT;
	size_t length = strlen(prefix);

	snprintf(ret_subject, ENGINE_SUBJECT_SIZE, "%s%s", prefix, hub);
	replace(ret_subject + length, '.', '/');
	length = strlen(ret_subject);
	snprintf(ret_subject + length, ENGINE_SUBJECT_SIZE - length, "%s%s", *hub ? "." : "", node);
}

bool cluster_read_log_subject(const char *subject, char ret_hub[READING_NAME_MAX + 1],
			      char ret_node[READING_NAME_MAX + 1])
{
	const size_t own = strlen(CLUSTER_LOG_SUBJECT), relayed = strlen(CLUSTER_RELAYED_SUBJECT);
	bool is_relayed = !strncmp(subject, CLUSTER_RELAYED_SUBJECT, relayed);
	const char *hub = subject + relayed;
	size_t hub_length = is_relayed ? strcspn(hub, ".") : 0;
	const char *node = is_relayed ? hub + hub_length + 1 : subject + own;

	if (strncmp(subject, CLUSTER_LOG_SUBJECT, own) != 0 || hub_length > READING_NAME_MAX ||
	    (is_relayed && (!hub_length || !hub[hub_length])) || strlen(node) > READING_NAME_MAX)
		return false;
	snprintf(ret_hub, READING_NAME_MAX + 1, "%.*s", (int)hub_length, is_relayed ? hub : "");
	replace(ret_hub, '/', '.');
	snprintf(ret_node, READING_NAME_MAX + 1, "%s", node);
	return true;
}
