// What a card is made of: a field, and the button that opens the chart.
import strings from '../strings.en.js';
import {el, icon} from './dom.js';
import {fill, shown, title} from './format.js';
import {live} from './live.js';

/** Opens the chart of what a reading is now; the chart's code is only loaded then. */
async function openChart(reading) {
	const {openChart: open} = await import('./chart.js');
	open(live.readings.get(reading.sensor_id) ?? reading);
}

export function chartButton(reading) {
	return el('button', {type: 'button', class: 'open', 'aria-label': strings.chart.open(reading.sensor),
		onclick: () => openChart(reading)}, icon('chart'));
}

/** A name and a value, to be filled again and again. */
export class Field {
	constructor(name) {
		this.name = name;
		this.value = el('dd', {});
		this.element = el('div', {class: 'field'}, el('dt', {}, title(name)), this.value);
	}

	show(value, units) {
		fill(this.value, shown(this.name, value, units));
	}
}
