#include "base/json_member.h"

const char *json_member_text_or(const json_t *object, const char *key, const char *otherwise)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : otherwise;
}

const char *json_member_text(const json_t *object, const char *key)
{
	return json_member_text_or(object, key, "");
}
