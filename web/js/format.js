// Formats values, names and times for people, in their language. plugins/dashboard has the same rules in Python.
import {hasText, locale, text} from './texts.js';

const DROPPED = ['mb', 'seconds', 'percent', 'on'];
const JUST_MS = 5000;
const ABOUT_ERRORS = ['error', 'last_good_ms'];
const SIGNIFICANT = 4; // digits of a number about which nothing is known
const formats = new Map(); // Intl.NumberFormat by its options, since making one is slow

/** What the node knows about a field of the reading; {} if it knows nothing. An older node knows units alone. */
function known(name, {description, units} = {}) {
	const fields = description?.fields ?? {};
	if (Object.hasOwn(fields, name)) return fields[name];
	return units && Object.hasOwn(units, name) ? {unit: units[name]} : {};
}

/** How a field is shown: its unit ('' for none), its decimals (undefined if they are not known), its quantity, and a
 * function that converts a value of the node's to it. */
export function numberStyle(name, reading) {
	const {unit = '', decimals, shown: other, quantity} = known(name, reading);
	if (!other) return {unit, own: unit, decimals, quantity, convert: value => value};
	return {unit: other.unit, own: unit, decimals, quantity, convert: value => (value === null ? null : other.factor * value + other.offset)};
}

function format(number, options) {
	const key = JSON.stringify(options);
	if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(locale, {useGrouping: 'min2', ...options}));
	return formats.get(key).format(number);
}

/** A number with so many decimals as its reader writes it. */
export function decimal(number, decimals = 1) {
	return format(number, {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
}

/** A number of which no decimals are known. */
export function plain(number) {
	return format(number, Number.isInteger(number) ? {} : {maximumSignificantDigits: SIGNIFICANT});
}

/** A duration of so many seconds, in the largest suitable unit, as [number, unit]. */
function durationParts(seconds) {
	if (seconds < 120) return [plain(seconds), text('unit.s')];
	if (seconds < 7200) return [plain(Math.floor(seconds / 60)), text('unit.min')];
	if (seconds < 172800) return [plain(Math.floor(seconds / 3600)), text('unit.h')];
	return [plain(Math.floor(seconds / 86400)), text('unit.days')];
}

/** An age as text, in whole seconds or a larger unit. */
export function age(milliseconds) {
	return durationParts(Math.max(0, Math.floor(milliseconds / 1000))).join(' ');
}

/** When something was last seen; nothing for the first seconds, since that is how it should be. */
export function lastSeen(milliseconds) {
	return milliseconds < JUST_MS ? '' : text('cards.lastSeen', {age: age(milliseconds)});
}

/** A value of the node's as [text, unit]. */
export function shown(name, value, reading) {
	const {unit, decimals, convert} = numberStyle(name, reading);
	if (value === null || value === undefined) return [text('value.nothing'), ''];
	if (typeof value === 'boolean') return [text(value ? 'value.on' : 'value.off'), ''];
	if (typeof value === 'object') return [JSON.stringify(value), ''];
	if (typeof value !== 'number') return [String(value), ''];
	const number = convert(value);
	if (unit === 's') return durationParts(number);
	return [unit || decimals !== undefined ? decimal(number, decimals) : plain(number), unit];
}

/** The same as one text. */
export function shownText(name, value, reading) {
	return shown(name, value, reading).filter(Boolean).join(' ');
}

/** A field's name as a person would write it: the one that was declared, one of the texts, or else the field's own in words. */
export function title(name, reading) {
	const {name: declared} = known(name, reading);
	if (declared) return declared;
	if (hasText(`field.${name}`)) return text(`field.${name}`);
	const parts = name.split('_');
	if (parts.length > 1 && DROPPED.includes(parts.at(-1))) parts.pop();
	const words = parts.map(part => (hasText(`word.${part}`) ? text(`word.${part}`) : part)).join(' ');
	return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The sensor's name: the owner's, or else its own. */
export function sensorName(reading) {
	return reading.description?.name ?? reading.sensor;
}

/** The room that the owner put the sensor in; '' for none. */
export function roomOf(reading) {
	return reading.description?.room ?? '';
}

/** The fields of a reading as [name, value], without those that describe an error. */
export function values(reading) {
	return Object.entries(reading.data).filter(([name]) => !ABOUT_ERRORS.includes(name));
}

/** The names of the fields that a chart can show. */
export function numbers(reading) {
	return values(reading).filter(([name, value]) => typeof value === 'number' ||
		(value === null && numberStyle(name, reading).unit)).map(([name]) => name);
}

/** Writes a value into an element, with the unit in smaller type. */
export function fill(element, [value, unit]) {
	const whole = unit ? `${value} ${unit}` : value;
	if (element.textContent === whole) return;
	element.replaceChildren(value);
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
			return new Intl.DateTimeFormat(locale, {timeZone, ...options});
		} catch {
			// Unknown to this browser: UTC is next, which all browsers know.
		}
	}
}
