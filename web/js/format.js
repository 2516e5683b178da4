// Formats values, names and times for people. plugins/dashboard has the same rules in Python.
import strings from '../strings.en.js';

// The end of a field's name, the unit if the node gives none, and the number of decimals. The first match counts.
const UNITS = [
	['temperature', '°C', 1], ['temp', '°C', 1], ['humidity', '%', 1], ['pressure', 'hPa', 1],
	['gas_resistance', 'kΩ', 1], ['illuminance', 'lx', 1], ['lux', 'lx', 1], ['usage', '%', 1],
	['percent', '%', 1], ['mb', 'MB', 0], ['seconds', 's', 0], ['voltage', 'V', 2],
];
const DROPPED = ['mb', 'seconds', 'percent', 'on'];
const JUST_MS = 5000;
const ABOUT_ERRORS = ['error', 'last_good_ms'];

/** [unit, decimals] of a field; ['', undefined] if it has none. */
export function unitOf(name, units = {}) {
	const found = UNITS.find(([end]) => name === end || name.endsWith('_' + end));
	const unit = Object.hasOwn(units, name) ? units[name] : found?.[1];
	return [unit ?? '', found?.[2]];
}

/** A duration of so many seconds, in the largest suitable unit. */
export function duration(seconds) {
	const {s, min, h, days} = strings.units;
	if (seconds < 120) return `${Number(seconds.toPrecision(4))} ${s}`;
	if (seconds < 7200) return `${Math.floor(seconds / 60)} ${min}`;
	if (seconds < 172800) return `${Math.floor(seconds / 3600)} ${h}`;
	return `${Math.floor(seconds / 86400)} ${days}`;
}

/** An age as text, in whole seconds or a larger unit. */
export function age(milliseconds) {
	return duration(Math.max(0, Math.floor(milliseconds / 1000)));
}

/** When something was last seen; "just now" for the first seconds. */
export function lastSeen(milliseconds) {
	return milliseconds < JUST_MS ? strings.seenJustNow : strings.lastSeen(age(milliseconds));
}

/** A value as [text, unit]. */
export function shown(name, value, units) {
	const [unit, decimals] = unitOf(name, units);
	if (value === null || value === undefined) return [strings.nothing, ''];
	if (typeof value === 'boolean') return [value ? strings.on : strings.off, ''];
	if (typeof value === 'object') return [JSON.stringify(value), ''];
	if (typeof value !== 'number') return [String(value), ''];
	if (unit === 's') {
		const text = duration(value), space = text.lastIndexOf(' ');
		return [text.slice(0, space), text.slice(space + 1)];
	}
	if (unit) return [value.toFixed(decimals ?? 1), unit];
	return [Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4))), ''];
}

/** A field's name as a person would write it. */
export function title(name) {
	const parts = name.split('_');
	if (parts.length > 1 && DROPPED.includes(parts.at(-1))) parts.pop();
	const text = parts.map(part => (Object.hasOwn(strings.words, part) ? strings.words[part] : part)).join(' ');
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The fields of a reading as [name, value], without those that describe an error. */
export function values(reading) {
	return Object.entries(reading.data).filter(([name]) => !ABOUT_ERRORS.includes(name));
}

/** The names of the fields that a chart can show. */
export function numbers(reading) {
	return values(reading).filter(([name, value]) => typeof value === 'number' ||
		(value === null && unitOf(name, reading.units)[0])).map(([name]) => name);
}

/** Writes a value into an element, with the unit in smaller type. */
export function fill(element, [text, unit]) {
	const whole = unit ? `${text} ${unit}` : text;
	if (element.textContent === whole) return;
	element.replaceChildren(text);
	if (!unit) return;
	const small = document.createElement('span');
	small.className = 'unit';
	small.textContent = ` ${unit}`;
	element.append(small);
}

/** A formatter of timestamps in a time zone; an unknown zone becomes UTC. */
export function clock(zone, options) {
	for (const timeZone of [zone || 'UTC', 'UTC']) {
		try {
			return new Intl.DateTimeFormat('en-GB', {timeZone, ...options});
		} catch {
			// Unknown to this browser: UTC is next, which all browsers know.
		}
	}
}
