#include "config/toml.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <toml++/toml.h>
#include <vector>

extern "C" {
#include "base/error.h"
#include "config/nesting.h"
}

namespace
{

/* Valid TOML that this project does not accept. */
struct refusal {
	toml::source_position place;
	const char *what;
};

struct destroyer {
	void operator()(toml_node *node) const
	{
		toml_destroy(node);
	}
};

char *copy_text(std::string_view text, toml::source_position place)
{
	if (text.find('\0') != std::string_view::npos)
		throw refusal{place, "a NUL character, which is not allowed: remove it"};
	char *copy = strndup(text.data(), text.size());
	if (!copy)
		throw std::bad_alloc();
	return copy;
}

void fill(toml_node *node, const toml::node &value);

/* Append the child before filling it, so that the tree owns it if an exception is thrown. */
toml_node *append_child(toml_node *parent, toml_node *last, const toml::node &value)
{
	auto *child = static_cast<toml_node *>(calloc(1, sizeof(toml_node)));
	if (!child)
		throw std::bad_alloc();
	(last ? last->next : parent->first) = child;
	parent->count++;
	child->line = child->key_line = value.source().begin.line;
	child->column = child->key_column = value.source().begin.column;
	return child;
}

void fill_array(toml_node *node, const toml::array &array)
{
	toml_node *last = nullptr;

	for (const toml::node &value : array) {
		last = append_child(node, last, value);
		fill(last, value);
	}
}

/* toml++ sorts keys by name; restore the order of the file, in which problems are reported. */
void fill_table(toml_node *node, const toml::table &table)
{
	std::vector<std::pair<const toml::key *, const toml::node *>> entries;
	toml_node *last = nullptr;

	for (auto &&[key, value] : table)
		entries.emplace_back(&key, &value);
	std::stable_sort(entries.begin(), entries.end(), [](const auto &a, const auto &b) {
		return a.first->source().begin < b.first->source().begin;
	});
	for (auto [key, value] : entries) {
		last = append_child(node, last, *value);
		last->key_line = key->source().begin.line;
		last->key_column = key->source().begin.column;
		last->key = copy_text(key->str(), key->source().begin);
		fill(last, *value);
	}
}

template <typename T> void fill_date(toml_node *node, const T &date)
{
	std::ostringstream text;

	text << date;
	node->kind = TOML_DATE;
	node->text = copy_text(text.str(), {});
}

void fill(toml_node *node, const toml::node &value)
{
	value.visit([&](const auto &v) {
		using type = std::decay_t<decltype(v)>;
		if constexpr (toml::is_table<type>) {
			node->kind = TOML_TABLE;
			fill_table(node, v);
		} else if constexpr (toml::is_array<type>) {
			node->kind = TOML_ARRAY;
			fill_array(node, v);
		} else if constexpr (toml::is_string<type>) {
			node->kind = TOML_STRING;
			node->text = copy_text(*v, v.source().begin);
		} else if constexpr (toml::is_integer<type>) {
			node->kind = TOML_INTEGER;
			node->integer = *v;
		} else if constexpr (toml::is_floating_point<type>) {
			node->kind = TOML_FLOAT;
			node->number = *v;
		} else if constexpr (toml::is_boolean<type>) {
			node->kind = TOML_BOOLEAN;
			node->boolean = *v;
		} else {
			fill_date(node, *v);
		}
	});
}

int fail(toml_error *ret_error, toml::source_position place, std::string_view what)
{
	ret_error->line = place.line;
	ret_error->column = place.column;
	snprintf(ret_error->text, sizeof(ret_error->text), "%.*s", static_cast<int>(what.size()),
		 what.data());
	return ERROR_MALFORMED;
}

} // namespace

int toml_parse(const char *text, size_t size, toml_node **ret_root, toml_error *ret_error)
try {
	unsigned line, column;
	if (const char *what = nesting_check(text, size, &line, &column))
		return fail(ret_error, {line, column}, what);

	toml::table table = toml::parse(std::string_view(text, size));
	std::unique_ptr<toml_node, destroyer> root(
		static_cast<toml_node *>(calloc(1, sizeof(toml_node))));
	if (!root)
		return ERROR_NO_MEMORY;
	root->line = root->column = root->key_line = root->key_column = 1;
	fill(root.get(), table);
	*ret_root = root.release();
	return 0;
} catch (const toml::parse_error &error) {
	return fail(ret_error, error.source().begin, error.description());
} catch (const refusal &refused) {
	return fail(ret_error, refused.place, refused.what);
} catch (const std::bad_alloc &) {
	return ERROR_NO_MEMORY;
} catch (...) {
	return fail(ret_error, {},
		    "the TOML parser failed and gave no reason: check the file's syntax");
}

/* Recursive: nesting_check() bounds the depth. */
void toml_destroy(toml_node *node)
{
	while (node) {
		toml_node *next = node->next;

		toml_destroy(node->first);
		free(node->key);
		free(node->text);
		free(node);
		node = next;
	}
}

toml_node *toml_find(const toml_node *table, const char *key)
{
	if (!table || table->kind != TOML_TABLE)
		return nullptr;
	for (toml_node *child = table->first; child; child = child->next)
		if (!strcmp(child->key, key))
			return child;
	return nullptr;
}
