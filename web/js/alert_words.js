// What an alert is about, in words, and the conditions that it can have.
import {age, plain, sensorName, shownText, title} from './format.js';
import {live} from './live.js';
import {text} from './texts.js';

/** The keys that are conditions of a reading, in the order of the form. */
export const CONDITIONS = ['above', 'below', 'outside', 'equal', 'stale_seconds', 'error'];

/** The condition of a definition; undefined for nodes and plugins, which have none. */
export function conditionOf(definition) {
	return CONDITIONS.find(key => definition[key] !== undefined && definition[key] !== false);
}

/** The readings that the definition concerns, as far as it names one sensor or one room; patterns are left to the node. */
export function concerned({sensor, room, node}) {
	return [...live.readings.values()].filter(reading => (!sensor || sensor === reading.sensor) &&
		(!room || room === reading.description?.room) && (!node || node === reading.node));
}

/** What is wrong when it fires. */
export function conditionText(definition) {
	const {watch, field} = definition, key = conditionOf(definition);
	if (['node', 'plugin', 'rollout'].includes(watch)) return text(`rules.is.${watch}`);
	const reading = concerned(definition).find(({data}) => Object.hasOwn(data, field ?? ''));
	const value = number => (reading ? shownText(field, number, reading) : plain(Number(number)));
	const [low, high] = [definition[key]].flat();
	if (watch === 'disk') return text('rules.is.disk', {limit: plain(low)});
	if (key === 'stale_seconds') return text('rules.is.stale_seconds', {age: age(low * 1000)});
	if (key === 'error') return text('rules.is.error');
	return text(`rules.is.${key}`, {field: title(field, reading), limit: value(low), high: high === undefined ? '' : value(high)});
}

/** Which sensors, rooms, nodes or plugins. */
export function placeText(definition) {
	const {watch, sensor, room, node, plugin} = definition;
	const [only] = sensor ? concerned(definition) : [];
	const parts = [sensor && text('rules.of.sensor', {name: only ? sensorName(only) : sensor}), room && text('rules.of.room', {name: room}),
		node && text('rules.of.node', {name: node}), plugin && text('rules.of.plugin', {name: plugin})].filter(Boolean);
	return parts.join(', ') || text(`rules.all.${watch}`);
}
