// Formats values, names and times for people. plugins/dashboard has the same rules in Python.
import strings from '../strings.en.js';

const DROPPED = ['mb', 'seconds', 'percent', 'on'];
const JUST_MS = 5000;
const ABOUT_ERRORS = ['error', 'last_good_ms'];

/** What the node knows about a field of the reading; {} if it knows nothing. */
function known(name, {description} = {}) {
	const fields = description?.fields ?? {};
	return Object.hasOwn(fields, name) ? fields[name] : {};
}

/** How a field is shown: its unit ('' for none), its decimals (undefined if they are not known), and a function that
 * converts a value of the node's to it. */
export function styleOf(name, reading) {
	const {unit = '', decimals, shown: other} = known(name, reading);
	if (!other) return {unit, decimals, convert: value => value};
	return {unit: other.unit, decimals, convert: value => (value === null ? null : other.factor * value + other.offset)};
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

/** A value of the node's as [text, unit]. */
export function shown(name, value, reading) {
	const {unit, decimals, convert} = styleOf(name, reading);
	if (value === null || value === undefined) return [strings.nothing, ''];
	if (typeof value === 'boolean') return [value ? strings.on : strings.off, ''];
	if (typeof value === 'object') return [JSON.stringify(value), ''];
	if (typeof value !== 'number') return [String(value), ''];
	const number = convert(value);
	if (unit === 's') {
		const text = duration(number), space = text.lastIndexOf(' ');
		return [text.slice(0, space), text.slice(space + 1)];
	}
	if (unit || decimals !== undefined) return [number.toFixed(decimals ?? 1), unit];
	return [Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(4))), ''];
}

/** A field's name as a person would write it: the one that was declared, or else the field's own in words. */
export function title(name, reading) {
	const {name: declared} = known(name, reading);
	if (declared) return declared;
	const parts = name.split('_');
	if (parts.length > 1 && DROPPED.includes(parts.at(-1))) parts.pop();
	const text = parts.map(part => (Object.hasOwn(strings.words, part) ? strings.words[part] : part)).join(' ');
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The sensor's name: the owner's, or else its own. */
export function sensorName(reading) {
	return reading.description?.name ?? reading.sensor;
}

/** The fields of a reading as [name, value], without those that describe an error. */
export function values(reading) {
	return Object.entries(reading.data).filter(([name]) => !ABOUT_ERRORS.includes(name));
}

/** The names of the fields that a chart can show. */
export function numbers(reading) {
	return values(reading).filter(([name, value]) => typeof value === 'number' ||
		(value === null && styleOf(name, reading).unit)).map(([name]) => name);
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
