// The parts of a card: a field (name and value), and the button that opens the chart.
import strings from '../strings.en.js';
import {el, icon, say} from './dom.js';
import {fill, sensorName, shown, title} from './format.js';
import {live} from './live.js';

/** Opens the chart of the sensor's newest reading, and loads the chart's code at the first call. */
async function openChart(reading) {
	const {openChart: open} = await import('./chart.js');
	open(live.readings.get(reading.sensor_id) ?? reading);
}

export function chartButton(reading) {
	return el('button', {type: 'button', class: 'open', 'aria-label': strings.chart.open(sensorName(reading)),
		onclick: () => openChart(reading)}, icon('chart'));
}

/** A name with a value that can be updated. */
export class Field {
	constructor(name) {
		this.name = name;
		this.label = el('dt', {}, title(name));
		this.value = el('dd', {});
		this.element = el('div', {class: 'field'}, this.label, this.value);
	}

	/** Shows the field's value in the reading. */
	show(reading) {
		say(this.label, title(this.name, reading));
		fill(this.value, shown(this.name, reading.data[this.name], reading));
	}
}
