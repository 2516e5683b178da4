#include "reading/value.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

double value_round(double number)
{
	char text[32];

	if (!isfinite(number) || fabs(number) > (double)FLT_MAX || (double)(float)number != number)
		return number;
	for (int digits = FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtof(text, NULL) == (float)number)
			return strtod(text, NULL);
	}
	return number;
}

const char *value_not_finite(const json_t *value)
{
	static const char *const words[] = {"nan", "inf", "-inf"};
	const char *word = json_string_value(json_object_get(value, "not_finite"));

	if (!word || json_object_size(value) != 1)
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return word;
	return NULL;
}

static int clean(const json_t *value, unsigned depth, json_t **ret_value,
		 const char **ret_not_finite);

static int clean_array(const json_t *array, unsigned depth, json_t **ret_value,
		       const char **ret_not_finite)
{
	json_t *copy = json_array(), *item;
	int ret;

	for (size_t i = 0; i < json_array_size(array); i++) {
		ret = clean(json_array_get(array, i), depth + 1, &item, ret_not_finite);
		if (!ret && json_array_append_new(copy, item))
			ret = ERROR_NO_MEMORY;
		if (ret) {
			json_decref(copy);
			return ret;
		}
	}
	*ret_value = copy;
	return copy ? 0 : ERROR_NO_MEMORY;
}

static int clean_object(const json_t *object, unsigned depth, json_t **ret_value,
			const char **ret_not_finite)
{
	json_t *copy = json_object(), *value, *item;
	const char *key;
	int ret;

	json_object_foreach((json_t *)object, key, value)
	{
		ret = clean(value, depth + 1, &item, ret_not_finite);
		if (!ret && json_object_set_new(copy, key, item))
			ret = ERROR_NO_MEMORY;
		if (ret) {
			json_decref(copy);
			return ret;
		}
	}
	*ret_value = copy;
	return copy ? 0 : ERROR_NO_MEMORY;
}

static int clean(const json_t *value, unsigned depth, json_t **ret_value,
		 const char **ret_not_finite)
{
	const char *word = value_not_finite(value);
	json_t *copy;

	if (word) {
		*ret_not_finite = *ret_not_finite ? *ret_not_finite : word;
		copy = json_null();
	} else if (json_is_object(value) || json_is_array(value)) {
		if (depth == READING_DEPTH_MAX)
			return ERROR_TOO_LARGE;
		return json_is_object(value) ? clean_object(value, depth, ret_value, ret_not_finite)
					     : clean_array(value, depth, ret_value, ret_not_finite);
	} else if (json_is_real(value)) {
		copy = json_real(value_round(json_real_value(value)));
	} else {
		copy = json_incref((json_t *)value);
	}
	if (!copy)
		return ERROR_NO_MEMORY;
	*ret_value = copy;
	return 0;
}

int value_clean(const json_t *value, json_t **ret_value, const char **ret_not_finite)
{
	const char *word = NULL;
	int ret = clean(value, 0, ret_value, &word);

	if (!ret && word)
		*ret_not_finite = word;
	return ret;
}
