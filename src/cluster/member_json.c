#include "cluster/internal.h"

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static const char *problem_of(const struct member *member)
{
	if (*member->connection_problem)
		return member->connection_problem;
	if (*member->denial)
		return member->denial;
	if (*member->streams.problem)
		return member->streams.problem;
	if (*member->publisher.problem)
		return member->publisher.problem;
	return *member->rival ? member->rival : NULL;
}

static json_t *elections_to_json(const struct member *member)
{
	json_t *list = json_array();

	for (size_t i = 0; i < member->elections_count; i++) {
		const struct member_election *election = &member->elections[i];

		json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "node", election->node,
						      "term", (json_int_t)election->term, "at_ms",
						      (json_int_t)election->at_ms));
	}
	return list;
}

static json_t *leader_to_json(const struct member *member)
{
	uint64_t term = 0;
	const char *holder = lease_holder(&member->lease, &term);

	return json_pack(
		"{s:s?, s:I, s:b, s:o, s:o, s:o, s:o}", "node", *holder ? holder : NULL, "term",
		(json_int_t)term, "is_self", (int)lease_is_held(&member->lease, &term), "elections",
		count(member->lease.elections), "renewals", count(member->lease.renewals),
		"refused", count(member->lease.refused), "last", elections_to_json(member));
}

/* Who publishes over MQTT; null: nobody, as far as this node knows, which may have no [mqtt]. */
static json_t *mqtt_to_json(const struct member *member)
{
	uint64_t term = 0;
	const char *holder = lease_holder(&member->mqtt, &term);

	return json_pack("{s:s?, s:b}", "node", lease_is_alive(&member->mqtt) ? holder : NULL,
			 "is_self", (int)lease_is_held(&member->mqtt, &term));
}

static json_t *published_to_json(const struct member *member)
{
	const struct publisher_counters *counters = &member->publisher.counters;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "messages",
			 count(counters->messages), "readings", count(counters->readings),
			 "doubles", count(counters->doubles), "failures", count(counters->failures),
			 "skipped", count(counters->skipped), "set_back", count(counters->set_back),
			 "denied", count(member->denied));
}

static json_t *read_to_json(const struct reader *reader)
{
	const struct reader_counters *counters = &reader->counters;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "messages",
			 count(counters->messages), "added", count(counters->added), "known",
			 count(counters->known), "refused", count(counters->refused), "lost",
			 count(counters->lost), "gaps", count(counters->gaps), "restarts",
			 count(counters->restarts), "failures", count(counters->failures));
}

static json_t *log_to_json(const struct member *member)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "identity", member->streams.identity, "first",
			 count(member->streams.first), "last", count(member->streams.last), "read",
			 count(member->reader.position), "lag", count(reader_lag(&member->reader)));
}

static json_t *commands_to_json(const struct member *member)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "done", count(member->commands_done), "refused",
			 count(member->commands_refused), "sent", count(member->commands_sent),
			 "unknown", count(member->commands_unknown));
}

json_t *member_to_json(const struct member *member)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "engine",
		"nats", "name", member->config.name, "node", member->config.node, "state",
		member->streams.is_ready ? "ready" : "waiting", "reason", problem_of(member),
		"leader", leader_to_json(member), "mqtt", mqtt_to_json(member), "log",
		log_to_json(member), "servers", streams_servers(&member->streams), "nodes",
		presence_to_json(&member->presence), "published", published_to_json(member),
		"relayed", spoke_relay_to_json(&member->relay), "read",
		read_to_json(&member->reader), "commands", commands_to_json(member));
}

void member_add_nodes(const struct member *member, json_t *nodes)
{
	json_t *others = presence_to_json(&member->presence), *other;
	size_t i;

	json_object_set_new(json_array_get(nodes, 0), "role", json_string("member"));
	json_array_foreach(others, i, other)
	{
		if (json_is_true(json_object_get(other, "is_self")))
			continue;
		json_object_set_new(other, "role", json_string("member"));
		json_object_set_new(other, "online", json_true());
		json_object_set_new(other, "round_trip_ms", json_null());
		json_array_append(nodes, other);
	}
	json_decref(others);
}
