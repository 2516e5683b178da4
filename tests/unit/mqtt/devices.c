/*
 * A model of Home Assistant and its broker beside the list of devices: whatever comes and goes, and
 * whoever is restarted when, in the end Home Assistant knows what the node has, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/random.h"
#include "mqtt/devices.h"

#define ON_WAY_MAX 8 /* few, so that the list is refused often */
#define DEVICES 6
#define FIELDS 4
#define NAME_SIZE (TOPIC_ID_SIZE + 32)

struct message {
	char *topic, *text;
	uint64_t token;
};

struct world {
	struct random random;
	struct mqtt_devices *devices;
	json_t *saved;	  /* what is on the node's disk */
	json_t *retained; /* in the broker: {topic: text} */
	/* In Home Assistant, since it started: {topic: {"PLATFORM KEY": component}} */
	json_t *discovered;
	json_t *registry; /* on Home Assistant's disk: {"PLATFORM UNIQUE-ID": true} */
	bool node_online, home_online;
	struct message on_way[ON_WAY_MAX];
	size_t on_way_count;
	/* What the node has: platforms by device and field; 0: no such entity */
	int has[DEVICES][FIELDS];
	size_t left; /* entities that vanished without the first step */
};

static const char *const platforms[] = {NULL, "sensor", "binary_sensor"};

static unsigned pick(struct world *world, unsigned count)
{
	return (unsigned)(random_u64(&world->random) % count);
}

/* Home Assistant */

/* "PLATFORM WORD": for Home Assistant, another platform makes another entity. */
static const char *name_entity(char ret_name[NAME_SIZE], const json_t *component, const char *word)
{
	snprintf(ret_name, NAME_SIZE, "%s %s", json_string_value(json_object_get(component, "p")),
		 word);
	return ret_name;
}

static const char *unique_id(const json_t *component)
{
	return json_string_value(json_object_get(component, "unique_id"));
}

static void unregister(struct world *world, const json_t *component)
{
	char name[NAME_SIZE];

	json_object_del(world->registry, name_entity(name, component, unique_id(component)));
}

static void forget_device(struct world *world, const char *topic)
{
	json_t *known = json_object_get(world->discovered, topic), *component;
	const char *key;

	json_object_foreach(known, key, component) unregister(world, component);
	json_object_del(world->discovered, topic);
}

static void take_component(struct world *world, json_t *known, const char *key, json_t *component)
{
	char name[NAME_SIZE], entity[NAME_SIZE];

	name_entity(name, component, key);
	if (json_object_size(component) > 1) {
		assert_non_null(unique_id(component));
		json_object_set(known, name, component);
		json_object_set_new(world->registry,
				    name_entity(entity, component, unique_id(component)),
				    json_true());
	} else if (json_object_get(known, name)) {
		unregister(world, json_object_get(known, name));
		json_object_del(known, name);
	}
}

static void home_takes(struct world *world, const char *topic, const char *text)
{
	json_t *config, *known, *component;
	const char *key;

	if (!world->home_online)
		return;
	if (!*text) {
		forget_device(world, topic);
		return;
	}
	config = json_loads(text, 0, NULL);
	assert_non_null(config);
	if (!json_object_get(world->discovered, topic))
		json_object_set_new(world->discovered, topic, json_object());
	known = json_object_get(world->discovered, topic);
	json_object_foreach(json_object_get(config, "cmps"), key, component)
		take_component(world, known, key, component);
	json_object_foreach(known, key, component) world->left +=
		!json_object_get(json_object_get(config, "cmps"), strchr(key, ' ') + 1);
	json_decref(config);
}

static void start_home(struct world *world)
{
	const char *topic;
	json_t *text;

	json_object_clear(world->discovered);
	world->home_online = true;
	json_object_foreach(world->retained, topic, text)
		home_takes(world, topic, json_string_value(text));
}

/* The broker */

static int publish(void *arg, const char *topic, const char *text, size_t size, uint64_t token)
{
	struct world *world = arg;

	if (!world->node_online)
		return ERROR_CLOSED;
	if (world->on_way_count == ON_WAY_MAX)
		return ERROR_BUSY;
	assert_int_equal(size, strlen(text));
	world->on_way[world->on_way_count++] = (struct message){strdup(topic), strdup(text), token};
	return 0;
}

static struct message take_message(struct world *world)
{
	struct message first = world->on_way[0];

	world->on_way_count--;
	memmove(world->on_way, world->on_way + 1, world->on_way_count * sizeof(first));
	return first;
}

/* One message arrives; its acknowledgement may be lost with the connection. */
static void deliver(struct world *world, bool is_acknowledged)
{
	struct message message = take_message(world);

	if (*message.text)
		json_object_set_new(world->retained, message.topic, json_string(message.text));
	else
		json_object_del(world->retained, message.topic);
	home_takes(world, message.topic, message.text);
	if (is_acknowledged && message.token)
		mqtt_devices_acknowledged(world->devices, message.token);
	free(message.topic);
	free(message.text);
}

static void lose_connection(struct world *world)
{
	size_t arrives = pick(world, ON_WAY_MAX + 1);

	while (world->on_way_count && arrives--)
		deliver(world, false);
	while (world->on_way_count) {
		struct message message = take_message(world);

		free(message.topic);
		free(message.text);
	}
	world->node_online = false;
}

static void connect_node(struct world *world)
{
	if (world->node_online)
		return;
	world->node_online = true;
	mqtt_devices_online(world->devices);
}

/* The node */

static void on_changed(void *arg)
{
	(void)arg;
}

static void make_devices(struct world *world)
{
	const struct mqtt_devices_config config = {
		.discovery = {"harvester", "node", "1"},
		.discovery_prefix = "homeassistant",
		.publish = publish,
		.on_changed = on_changed,
		.arg = world,
	};

	world->devices = mqtt_devices_create(&config);
	assert_non_null(world->devices);
}

static void name_device(char ret_id[TOPIC_ID_SIZE], unsigned device)
{
	snprintf(ret_id, TOPIC_ID_SIZE, "harvester_node_%u", device);
}

static size_t count_fields(const struct world *world, unsigned device)
{
	size_t count = 0;

	for (unsigned field = 0; field < FIELDS; field++)
		count += world->has[device][field] != 0;
	return count;
}

static void set_device(struct world *world, unsigned device)
{
	json_t *config = json_pack("{s:{s:s}, s:{}, s:i}", "dev", "name", "x", "cmps", "qos", 0);
	char id[TOPIC_ID_SIZE], key[8];

	name_device(id, device);
	for (unsigned field = 0; field < FIELDS; field++) {
		snprintf(key, sizeof(key), "f%u", field);
		if (world->has[device][field])
			json_object_set_new(json_object_get(config, "cmps"), key,
					    json_pack("{s:s, s:o, s:s}", "p",
						      platforms[world->has[device][field]],
						      "unique_id", json_sprintf("%s_%s", id, key),
						      "state_topic", "t"));
	}
	if (count_fields(world, device))
		assert_int_equal(mqtt_devices_set(world->devices, id, "plugin", config), 0);
	else
		mqtt_devices_remove(world->devices, id);
	json_decref(config);
}

static void change(struct world *world)
{
	unsigned device = pick(world, DEVICES), field = pick(world, FIELDS);

	if (pick(world, 4))
		world->has[device][field] = (int)pick(world, 3);
	else
		memset(world->has[device], 0, sizeof(world->has[device]));
	set_device(world, device);
}

static void save(struct world *world)
{
	json_decref(world->saved);
	world->saved = mqtt_devices_save(world->devices);
}

static bool is_gone(void *arg, const char *owner)
{
	(void)arg;
	assert_string_equal(owner, "plugin");
	return true;
}

/* The list on the disk is that of the end; plugins may have changed while the node was off. */
static void restart_node(struct world *world)
{
	if (world->node_online)
		lose_connection(world);
	save(world);
	mqtt_devices_destroy(world->devices);
	make_devices(world);
	mqtt_devices_load(world->devices, world->saved);
	for (unsigned i = pick(world, 3); i--;)
		world->has[pick(world, DEVICES)][pick(world, FIELDS)] = (int)pick(world, 3);
	for (unsigned device = 0; device < DEVICES; device++)
		if (count_fields(world, device))
			set_device(world, device);
	mqtt_devices_remove_unseen(world->devices, is_gone, NULL);
}

static void step(struct world *world)
{
	switch (pick(world, 12)) {
	case 0:
		if (world->node_online)
			lose_connection(world);
		break;
	case 1:
		restart_node(world);
		break;
	case 2:
		world->home_online = false;
		if (world->node_online) /* its last will */
			mqtt_devices_left(world->devices);
		break;
	case 3:
		start_home(world);
		if (world->node_online) /* else nobody hears it */
			mqtt_devices_born(world->devices);
		break;
	case 4: /* the broker, without a disk */
		if (world->node_online)
			lose_connection(world);
		json_object_clear(world->retained);
		break;
	case 5:
	case 6:
		connect_node(world);
		break;
	case 7:
	case 8:
		while (world->on_way_count && pick(world, 4))
			deliver(world, true);
		break;
	default:
		change(world);
	}
	mqtt_devices_pump(world->devices);
}

/* Everybody is there, and everything arrives. */
static void settle(struct world *world)
{
	if (!world->home_online) {
		start_home(world);
		if (world->node_online)
			mqtt_devices_born(world->devices);
	}
	connect_node(world);
	do {
		mqtt_devices_pump(world->devices);
		while (world->on_way_count)
			deliver(world, true);
		mqtt_devices_pump(world->devices);
	} while (world->on_way_count);
}

static void check(struct world *world, unsigned number)
{
	char id[TOPIC_ID_SIZE], unique[NAME_SIZE];
	size_t expected = 0;

	for (unsigned device = 0; device < DEVICES; device++) {
		name_device(id, device);
		for (unsigned field = 0; field < FIELDS; field++) {
			if (!world->has[device][field])
				continue;
			snprintf(unique, sizeof(unique), "%s %s_f%u",
				 platforms[world->has[device][field]], id, field);
			if (!json_object_get(world->registry, unique))
				fail_msg("step %u: %s is missing", number, unique);
			expected++;
		}
	}
	if (json_object_size(world->registry) != expected)
		fail_msg("step %u: %zu entities are left over", number,
			 json_object_size(world->registry) - expected);
}

static void begin(struct world *world, uint64_t seed)
{
	*world = (struct world){.retained = json_object(),
				.discovered = json_object(),
				.registry = json_object(),
				.home_online = true};
	random_init(&world->random, seed);
	make_devices(world);
}

static void end(struct world *world)
{
	if (world->node_online)
		lose_connection(world);
	mqtt_devices_destroy(world->devices);
	json_decref(world->saved);
	json_decref(world->retained);
	json_decref(world->discovered);
	json_decref(world->registry);
}

static void nothing_is_left_over_after_a_thousand_changes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world world;

		begin(&world, seed);
		for (unsigned number = 1; number <= 1000; number++) {
			step(&world);
			if (number % 25)
				continue;
			settle(&world);
			check(&world, number);
		}
		end(&world);
	}
}

static void a_device_that_did_not_change_is_not_sent_again(void **state)
{
	struct world world;
	uint64_t before;

	(void)state;
	begin(&world, 1);
	world.has[0][0] = 1;
	set_device(&world, 0);
	settle(&world);
	before = mqtt_devices_counters(world.devices).messages;
	assert_int_equal(before, 1);
	set_device(&world, 0);
	settle(&world);
	assert_int_equal(mqtt_devices_counters(world.devices).messages, before);
	/* A start of Home Assistant costs a message a device. */
	mqtt_devices_born(world.devices);
	settle(&world);
	assert_int_equal(mqtt_devices_counters(world.devices).messages, before + 1);
	end(&world);
}

static void an_entity_goes_in_two_steps(void **state)
{
	struct world world;

	(void)state;
	begin(&world, 1);
	world.has[0][0] = world.has[0][1] = 1;
	set_device(&world, 0);
	settle(&world);
	world.has[0][1] = 0;
	set_device(&world, 0);
	mqtt_devices_pump(world.devices);
	assert_int_equal(world.on_way_count, 2);
	assert_non_null(strstr(world.on_way[0].text, "\"f1\":{\"p\":\"sensor\"}"));
	assert_null(strstr(world.on_way[1].text, "f1"));
	settle(&world);
	assert_int_equal(world.left, 0);
	check(&world, 0);
	end(&world);
}

static void there_is_a_limit_of_devices(void **state)
{
	json_t *config = json_pack("{s:{s:{s:s}}}", "cmps", "a", "p", "sensor");
	struct world world;
	char id[32];

	(void)state;
	begin(&world, 1);
	for (unsigned i = 0; i < MQTT_DEVICES_MAX; i++) {
		snprintf(id, sizeof(id), "d%u", i);
		assert_int_equal(mqtt_devices_set(world.devices, id, "", config), 0);
	}
	assert_int_equal(mqtt_devices_set(world.devices, "more", "", config), ERROR_TOO_LARGE);
	assert_int_equal(mqtt_devices_counters(world.devices).refused, 1);
	assert_int_equal(mqtt_devices_counters(world.devices).devices, MQTT_DEVICES_MAX);
	json_decref(config);
	end(&world);
}

static void a_bad_list_is_loaded_as_far_as_it_is_good(void **state)
{
	json_t *saved =
		json_loads("{\"devices\": {\"a/b\": {}, \"good\": {\"owner\": 1, \"keys\": "
			   "{\"x+\": \"sensor\","
			   " \"y\": 3, \"z\": \"sensor\"}}}, \"gone\": {\"#\": {}, \"old\": []}}",
			   0, NULL);
	struct world world;
	json_t *back;

	(void)state;
	begin(&world, 1);
	mqtt_devices_load(world.devices, saved);
	back = mqtt_devices_save(world.devices);
	assert_int_equal(json_object_size(json_object_get(back, "devices")), 1);
	assert_int_equal(
		json_object_size(json_object_get(
			json_object_get(json_object_get(back, "devices"), "good"), "keys")),
		1);
	json_decref(saved);
	json_decref(back);
	end(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left_over_after_a_thousand_changes),
		cmocka_unit_test(a_device_that_did_not_change_is_not_sent_again),
		cmocka_unit_test(an_entity_goes_in_two_steps),
		cmocka_unit_test(there_is_a_limit_of_devices),
		cmocka_unit_test(a_bad_list_is_loaded_as_far_as_it_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
