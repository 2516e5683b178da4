// The buttons of a chart: its period, its series, what it is compared with, and saving.
import {keyOf, SPANS} from './chart_series.js';
import {el} from './dom.js';
import {sensorName, title} from './format.js';
import {text} from './texts.js';

const CHIPS_MAX = 8; // own fields with a button of their own; the others are in the list
const MINUTE_MS = 60000;

/** A time as an <input type="datetime-local"> has it: in the browser's zone. */
function localTime(milliseconds) {
	const date = new Date(milliseconds);
	return new Date(milliseconds - date.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

export class Controls {
	constructor(chart, others) {
		this.chart = chart;
		this.ranges = Object.keys(SPANS).map(name => this.#button(text(`chart.${name}`), () => chart.last(name), {'data-range': name}));
		this.chips = el('div', {class: 'choices chips', role: 'group', 'aria-label': text('chart.series')});
		this.own = chart.own.slice(0, CHIPS_MAX);
		this.rest = [...chart.own.slice(CHIPS_MAX), ...others];
		this.above = [
			el('div', {class: 'choices', role: 'group', 'aria-label': text('chart.range')}, ...this.ranges,
				this.#button('‹', () => chart.pan(-0.8), {'aria-label': text('chart.earlier'), title: text('chart.earlier')}),
				this.#button('›', () => chart.pan(0.8), {'aria-label': text('chart.later'), title: text('chart.later')}), this.#dates()),
			this.chips, el('div', {class: 'filters'}, this.#adder(), this.#comparison())];
		this.below = [el('div', {class: 'buttons'},
			this.#button(text('chart.csv'), () => chart.saveCsv(), {title: text('chart.csvOf'), 'aria-label': text('chart.csvOf')}),
			this.#button(text('chart.png'), () => chart.savePng(), {title: text('chart.pngOf'), 'aria-label': text('chart.pngOf')}),
			this.#button(text('chart.share'), () => chart.share()))];
	}

	#button(label, action, attributes = {}) {
		return el('button', {type: 'button', onclick: action, ...attributes}, label);
	}

	#dates() {
		this.from = el('input', {type: 'datetime-local', required: true});
		this.to = el('input', {type: 'datetime-local', required: true});
		return el('details', {class: 'dates'}, el('summary', {}, text('chart.free')),
			el('form', {class: 'filters', onsubmit: event => this.#between(event)}, el('label', {}, text('chart.from'), this.from),
				el('label', {}, text('chart.to'), this.to), el('button', {}, text('chart.apply'))));
	}

	#between(event) {
		event.preventDefault();
		this.chart.between(Date.parse(this.from.value), Date.parse(this.to.value));
	}

	/** The list of the other sensors' values, by sensor. */
	#adder() {
		const groups = Map.groupBy(this.rest, ({reading}) => reading.sensor_id);
		this.adder = el('select', {onchange: () => {
			if (this.adder.value) this.chart.toggle(this.adder.value);
			this.adder.value = '';
		}}, el('option', {value: ''}, text('chart.addOf')), ...[...groups.values()].map(list =>
			el('optgroup', {label: [list[0].reading.description?.room, sensorName(list[0].reading), list[0].reading.node].filter(Boolean).join(', ')},
				...list.map(series => el('option', {value: keyOf(series)}, title(series.field, series.reading))))));
		const label = el('label', {}, text('chart.add'), this.adder);
		label.hidden = !this.rest.length;
		return label;
	}

	#comparison() {
		this.compare = el('select', {onchange: () => this.chart.compareWith(this.compare.value)},
			...[['', 'chart.compareNone'], ['day', 'chart.compareDay'], ['week', 'chart.compareWeek']].map(([value, key]) => el('option', {value}, text(key))));
		return el('label', {}, text('chart.compare'), this.compare);
	}

	/** Shows what the chart shows. */
	show() {
		const {chart} = this, chosen = [...chart.chosen];
		for (const button of this.ranges) button.setAttribute('aria-pressed', String(button.dataset.range === chart.range));
		this.compare.value = chart.compare;
		if (document.activeElement !== this.from && document.activeElement !== this.to) {
			this.from.value = localTime(chart.from);
			this.to.value = localTime(chart.to);
		}
		const keys = [...this.own.map(keyOf), ...chosen.filter(key => !this.own.some(series => keyOf(series) === key))];
		if (keys.join('\n') !== this.keys) this.chips.replaceChildren(...keys.map(key => this.#chip(key)));
		this.keys = keys.join('\n');
		for (const chip of this.chips.children) chip.setAttribute('aria-pressed', String(chart.chosen.has(chip.dataset.key)));
		this.chips.hidden = keys.length < 2;
	}

	#chip(key) {
		const {label} = this.chart.all.get(key);
		return this.#button(label, () => this.chart.toggle(key), {'data-key': key});
	}
}
