// The parts of a card: a field (name and value), and the button that opens the chart.
import {el, icon, say} from './dom.js';
import {fill, sensorName, shown, title} from './format.js';
import {text} from './texts.js';

/** A link to the chart, so that it can be opened in another tab too; chart_address.js opens it. */
export function chartButton(reading) {
	return el('a', {class: 'open', href: `#chart/${encodeURIComponent(reading.sensor_id)}`,
		'aria-label': text('chart.open', {sensor: sensorName(reading)})}, icon('chart'));
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
