// What is known of quantities and units beyond what the node says: their order on a card, and scales for their charts.
import {numberStyle} from './format.js';

// The quantities that people look for first, in this order. docs/UNITS.md has all of them.
const ORDER = ['temperature', 'humidity', 'carbon_dioxide', 'aqi', 'illuminance', 'atmospheric_pressure', 'pressure', 'power', 'energy'];

// The least height of a chart's scale, by quantity and unit: less than this is noise.
const LEAST = {
	temperature: {'°C': 2, K: 2, '°F': 4}, humidity: {'%': 10}, battery: {'%': 20}, carbon_dioxide: {ppm: 200},
	atmospheric_pressure: {hPa: 6, mbar: 6, inHg: 0.2, mmHg: 5, kPa: 0.6}, pressure: {hPa: 6, mbar: 6, inHg: 0.2, mmHg: 5, kPa: 0.6},
};
const LEAST_STEPS = 20; // of the last decimal
const LEAST_PART = 0.02; // of the value

// Units that people choose between; each list is of one dimension.
const UNITS = [['°C', '°F', 'K'], ['hPa', 'mbar', 'kPa', 'mmHg', 'inHg', 'psi'], ['m/s', 'km/h', 'mph', 'kn'],
	['mm', 'cm', 'm', 'km', 'in', 'ft', 'mi'], ['L', 'm³', 'gal'], ['L/min', 'm³/h', 'gal/min'], ['g', 'kg', 'oz', 'lb'],
	['Wh', 'kWh', 'MWh'], ['W', 'kW'], ['kB', 'MB', 'GB'], ['Ω', 'kΩ', 'MΩ'], ['V', 'mV'], ['A', 'mA'], ['mm/h', 'in/h']];

/** The place of a field among the values of a card; lower comes first. */
export function rank(name, reading) {
	const {quantity} = numberStyle(name, reading);
	const place = ORDER.indexOf(quantity ?? name);
	return place < 0 ? ORDER.length : place;
}

/** The least height of the scale for a field whose values are around `middle`. */
export function leastSpan(name, reading, middle) {
	const {quantity, unit, decimals} = numberStyle(name, reading);
	return LEAST[quantity ?? name]?.[unit] ??
		Math.max(decimals === undefined ? 0 : LEAST_STEPS * 10 ** -decimals, LEAST_PART * Math.abs(middle), 1e-9);
}

/** The other units that a value in `unit` can be shown in. */
export function otherUnits(unit) {
	return (UNITS.find(list => list.includes(unit)) ?? []).filter(other => other !== unit);
}
