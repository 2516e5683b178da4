// The series of a chart: which there are, their values, and what is drawn with them: limits of alerts, and events.
import {get, path, query} from './api.js';
import {numbers, numberStyle, sensorName, title} from './format.js';
import {live} from './live.js';

const HOUR_MS = 3600000;
export const SPANS = {hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS};
const EVENTS = /taken over|loading it again|loaded again|restart|works again|offline|online again|removed|disabled|^ready/i;
const LINES = 1000; // of the log, in which events are looked for

export function keyOf({reading, field}) {
	return `${reading.sensor_id}/${field}`;
}

function seriesOf(reading, label) {
	return numbers(reading).map(field => {
		const {unit, convert} = numberStyle(field, reading);
		return {reading, field, unit, convert, label: label(title(field, reading))};
	});
}

/** All that can be drawn: the sensor's own fields first, then other sensors' in the order of the overview. */
export function candidates(reading) {
	const others = [...live.readings.values()].filter(({sensor_id: id}) => id !== reading.sensor_id).sort(live.order);
	return {own: seriesOf(reading, name => name),
		others: others.flatMap(other => seriesOf(other, name => `${other.node} ${sensorName(other)} ${name}`))};
}

/** Loads one series, `shift` ms earlier, and moves its times so that it lies over the present period. */
export async function load({reading, field, convert}, from, to, points, shift = 0) {
	const answer = await get(path('history', 'series') + query({node: reading.node, sensor: reading.sensor, fields: field,
		from: Math.round(from - shift), to: Math.round(to - shift), points}));
	const found = answer.fields?.[field] ?? {}, times = answer.times_ms ?? [];
	const list = name => times.map((_, i) => {
		const value = (found[name] ?? found.mean)?.[i];
		return typeof value === 'number' ? convert(value) : null;
	});
	return {resolution: answer.resolution, times: times.map(time => (time + shift) / 1000), mean: list('mean'), min: list('min'), max: list('max')};
}

function fits(pattern, name) {
	if (pattern === undefined) return true;
	const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
	return new RegExp(`^${escaped}$`, 's').test(name);
}

/** The limits of the alerts about a series, as {alert, value} in the unit that is shown. */
export function limits({reading, field, convert}) {
	return (live.alerts ?? []).filter(({definition: d = {}}) => (d.watch ?? 'sensor') === 'sensor' && d.field === field &&
		fits(d.sensor, reading.sensor) && fits(d.node, reading.node))
		.flatMap(({name, definition: {above, below, outside, equal}}) => [above, below, ...(outside ?? []), equal]
			.filter(value => typeof value === 'number').map(value => ({alert: name, raw: value, value: convert(value)})));
}

/** The events in the log about a sensor's plugin or node, as {time, text}; none if the log cannot be read. */
export async function events(reading) {
	try {
		const {logs = []} = await get('/api/v1/logs' + query({limit: LINES}));
		return logs.filter(line => (line.source === reading.plugin || line.source === reading.node || /^ready/.test(line.text)) && EVENTS.test(line.text))
			.map(line => ({time: line.time_ms / 1000, text: `${line.source}: ${line.text}`}));
	} catch {
		return [];
	}
}
