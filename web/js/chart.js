// The chart of a sensor, with several series from the history, to pan and zoom. Loaded when first opened.
import UPlot from 'uplot';
import strings from '../strings.en.js';
import {get, path, query} from './api.js';
import {el, icon, say} from './dom.js';
import {clock, fill, numbers, sensorName, shown, styleOf, title} from './format.js';
import {live} from './live.js';
import {gestures} from './gestures.js';

const HOUR_MS = 3600000;
const SPANS = {hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS};
const COLORS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];
const POINTS_MAX = 600;
const SETTLE_MS = 250; // from the last move to the next query of the history
const AXES_MAX = 2;

/** The series to choose from: the sensor's own fields, then other sensors' fields with the unit of its first one. */
function candidates(reading) {
	const own = numbers(reading).map(field => ({reading, field, label: title(field, reading)}));
	const unit = own.length ? styleOf(own[0].field, reading).unit : '';
	const others = unit ? [...live.readings.values()].filter(({sensor_id: id}) => id !== reading.sensor_id) : [];
	return [...own, ...others.flatMap(other => numbers(other).filter(field => styleOf(field, other).unit === unit)
		.map(field => ({reading: other, field, label: `${other.node} ${sensorName(other)} ${title(field, other)}`})))]
		.map((series, i) => ({...series, unit: styleOf(series.field, series.reading).unit, color: COLORS[i % COLORS.length]}));
}

/** Loads one series of means; empty lists if the sensor has no history. */
async function load({reading, field}, from, to, points) {
	const answer = await get(path('history', 'series') + query({node: reading.node, sensor: reading.sensor, fields: field,
		from: Math.round(from), to: Math.round(to), points}));
	return {...answer, values: answer.fields?.[field] ?? {mean: [], min: [], max: []}};
}

class Chart {
	constructor(reading) {
		this.all = candidates(reading);
		this.chosen = new Set(this.all.slice(0, 1));
		this.to = Date.now();
		this.from = this.to - SPANS.hour;
		this.follows = true;
		this.build(reading);
		this.listener = () => this.grow();
		live.addEventListener('readings', this.listener);
		this.resized = new ResizeObserver(() => this.draw());
		this.resized.observe(this.plot);
		this.ask();
	}

	build(reading) {
		const words = strings.chart;
		this.note = el('p', {class: 'note', role: 'status'});
		this.plot = el('div', {class: 'plot', tabindex: '0', role: 'img', 'aria-label': words.plot(sensorName(reading))});
		this.rows = el('tbody', {});
		this.ranges = Object.keys(SPANS).map(name => el('button', {type: 'button', 'aria-pressed': String(name === 'hour'),
			onclick: () => this.range(name)}, words.ranges[name]));
		this.dialog = el('dialog', {class: 'chart', 'aria-labelledby': 'chart-title', onclose: () => this.end()},
			el('div', {class: 'head'}, el('h2', {id: 'chart-title'}, sensorName(reading)), el('span', {class: 'node'}, reading.node),
				el('button', {type: 'button', class: 'quiet', 'aria-label': words.close, onclick: () => this.dialog.close()}, icon('close'))),
			el('div', {class: 'choices', role: 'group', 'aria-label': words.range}, ...this.ranges),
			el('div', {class: 'choices chips', role: 'group', 'aria-label': words.series}, ...this.all.map(series => this.chip(series))),
			this.plot, this.note,
			el('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': words.series},
				el('table', {}, el('thead', {}, el('tr', {}, ...words.columns.map(name => el('th', {scope: 'col'}, name)))), this.rows)),
			el('p', {class: 'note'}, words.help));
		gestures(this.plot, this);
		document.body.append(this.dialog);
		this.dialog.showModal();
	}

	chip(series) {
		const chip = el('button', {type: 'button', 'aria-pressed': String(this.chosen.has(series)), onclick: () => {
			if (!this.chosen.delete(series)) this.chosen.add(series);
			chip.setAttribute('aria-pressed', String(this.chosen.has(series)));
			this.ask();
		}}, el('span', {class: 'swatch', 'aria-hidden': 'true'}), series.label);
		chip.firstChild.style.setProperty('background', `var(${series.color})`);
		return chip;
	}

	end() {
		live.removeEventListener('readings', this.listener);
		this.resized.disconnect();
		clearTimeout(this.timer);
		this.uplot?.destroy();
		this.dialog.remove();
	}

	// The period that is shown

	range(name) {
		this.ranges.forEach((button, i) => button.setAttribute('aria-pressed', String(Object.keys(SPANS)[i] === name)));
		this.to = Date.now();
		this.from = this.to - SPANS[name];
		this.follows = true;
		this.ask();
	}

	/** Moves by a fraction of the period. gestures.js calls this and zoom(). */
	pan(part) {
		const by = (this.to - this.from) * part;
		this.move(this.from + by, this.to + by);
	}

	/** Zooms around a place from 0 (left) to 1 (right). */
	zoom(factor, place = 0.5) {
		const middle = this.from + (this.to - this.from) * place;
		const span = Math.min(SPANS.month * 12, Math.max(60000, (this.to - this.from) * factor));
		this.move(middle - span * place, middle + span * (1 - place));
	}

	move(from, to) {
		this.follows = to >= Date.now() - 1000;
		this.ranges.forEach(button => button.setAttribute('aria-pressed', 'false'));
		Object.assign(this, {from, to});
		this.uplot?.setScale('x', {min: from / 1000, max: to / 1000});
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.ask(), SETTLE_MS);
	}

	/** Moves the period along with new readings, as long as its right end is the present. */
	grow() {
		if (!this.follows || this.grown > performance.now() - 5000) return;
		this.grown = performance.now();
		const span = this.to - this.from;
		this.to = Date.now();
		this.from = this.to - span;
		this.ask();
	}

	// The data

	async ask() {
		const turn = this.turn = Symbol();
		const points = Math.min(POINTS_MAX, Math.max(60, Math.round(this.plot.clientWidth)));
		const chosen = this.all.filter(series => this.chosen.has(series));
		if (!this.uplot) say(this.note, strings.chart.loading);
		try {
			const answers = await Promise.all(chosen.map(series => load(series, this.from, this.to, points)));
			if (turn !== this.turn || !this.dialog.isConnected) return;
			this.take(chosen, answers);
		} catch (problem) {
			if (turn === this.turn) say(this.note, strings.chart.failed(problem.message));
		}
	}

	take(chosen, answers) {
		const tables = answers.map(({times_ms: times, values}, i) => [times.map(time => time / 1000),
			(values.mean ?? []).map(styleOf(chosen[i].field, chosen[i].reading).convert)]);
		// A null stays a gap in its series, also if other series have values at other times.
		this.data = tables.length ? UPlot.join(tables, tables.map(() => [1, 2])) : [[]];
		this.series = chosen;
		const empty = !answers.some(({values}) => (values.mean ?? []).some(value => value !== null));
		say(this.note, empty ? strings.chart.empty : strings.chart.resolution[answers[0].resolution] ?? '');
		this.rows.replaceChildren(...chosen.map((series, i) => this.row(series, answers[i].values)));
		this.draw();
	}

	row(series, {mean = [], min = [], max = []}) {
		const known = mean.filter(value => value !== null);
		const of = list => list.filter(value => value !== null);
		const cells = [of(min).length ? Math.min(...of(min)) : null,
			known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null,
			of(max).length ? Math.max(...of(max)) : null, known.at(-1) ?? null];
		return el('tr', {}, el('th', {scope: 'row'}, series.label), ...cells.map(value => {
			const cell = el('td', {});
			fill(cell, shown(series.field, value, series.reading));
			return cell;
		}));
	}

	// The drawing

	draw() {
		if (!this.data || !this.plot.clientWidth) return;
		this.uplot?.destroy();
		const color = name => this.color(name);
		const units = [...new Set(this.series.map(({unit}) => unit))];
		this.uplot = new UPlot({
			width: this.plot.clientWidth, height: this.plot.clientHeight,
			tzDate: seconds => UPlot.tzDate(new Date(seconds * 1000), live.zone),
			legend: {show: false},
			cursor: {drag: {x: false, y: false}, points: {size: 7}},
			scales: {x: {min: this.from / 1000, max: this.to / 1000},
				...Object.fromEntries(units.map(unit => [unit || 'number', {range: (_, low, high) => UPlot.rangeNum(low, high, 0.1, false)}]))},
			axes: this.axes(units, color),
			series: [{}, ...this.series.map(series => ({
				label: series.label, scale: series.unit || 'number', stroke: color(series.color), width: 2, spanGaps: false,
				points: {show: false},
			}))],
		}, this.data, this.plot);
		this.uplot.setScale('x', {min: this.from / 1000, max: this.to / 1000});
	}

	/** The value of a CSS variable, which a canvas cannot use by name. */
	color(name) {
		this.note.style.setProperty('color', `var(${name})`);
		const {color} = getComputedStyle(this.note);
		this.note.style.removeProperty('color');
		return color;
	}

	axes(units, color) {
		const common = {stroke: color('--dim'), grid: {stroke: color('--line'), width: 1}, ticks: {show: false}, font: '12px system-ui, sans-serif'};
		const hour12 = false;
		const day = clock(live.zone, {day: 'numeric', month: 'short'}), minute = clock(live.zone, {hour: '2-digit', minute: '2-digit', hour12});
		const second = clock(live.zone, {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12});
		return [
			{...common, space: 70, values: (_, splits, __, ___, step) => splits.map(split => {
				const date = new Date(split * 1000), text = (step < 60 ? second : minute).format(date);
				return step >= 86400 || text === '00:00' ? day.format(date) : text;
			})},
			...units.slice(0, AXES_MAX).map((unit, i) => ({...common, scale: unit || 'number', side: i ? 1 : 3, size: 62,
				grid: {...common.grid, show: i === 0},
				values: (_, splits) => splits.map((split, n) => (n === splits.length - 1 && unit ? `${split} ${unit}` : String(split)))})),
		];
	}
}

export function openChart(reading) {
	new Chart(reading);
}
