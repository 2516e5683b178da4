// The chart of a sensor, with several series from the history, to read, pan and zoom. Loaded when first opened.
import UPlot from 'uplot';
import {addressed, keepAddress} from './chart_address.js';
import {Controls} from './chart_controls.js';
import {Panels} from './chart_panels.js';
import {saveCsv, savePng} from './chart_save.js';
import {candidates, events, keyOf, limits, load, SPANS} from './chart_series.js';
import {el, icon, say} from './dom.js';
import {clock, decimal, fill, numberStyle, plain, sensorName} from './format.js';
import {gestures} from './gestures.js';
import {live} from './live.js';
import {text} from './texts.js';

const SHIFTS = {day: SPANS.day, week: SPANS.week};
const COLORS = ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'];
const COLUMNS = ['series', 'cursor', 'lowest', 'mean', 'highest', 'latest'];
const POINTS_MAX = 600;
const SETTLE_MS = 250; // from the last move to the next query of the history
const GROW_MS = 5000;
const EARLY = 0.05; // of the period: with less than this empty at its start, it stays as it is
const LEAST_MS = 60000;

export class Chart {
	/** `onEnd` is called when it was closed, with a function that gives the focus back to what opened it. */
	constructor(reading, onEnd) {
		Object.assign(this, {reading, onEnd, events: [], zoomed: false});
		const {own, others} = candidates(reading);
		this.own = own;
		this.all = new Map([...own, ...others].map(series => [keyOf(series), series]));
		this.#readAddress(addressed());
		this.#build(others);
		this.listener = () => this.grow();
		live.addEventListener('readings', this.listener);
		this.resized = new ResizeObserver(() => this.#resize());
		this.resized.observe(this.plot);
		events(reading).then(found => {
			this.events = found;
			this.ask();
		});
	}

	#readAddress(values) {
		const keys = values.getAll('series').filter(key => this.all.has(key));
		this.chosen = new Set(keys.length ? keys : this.#first());
		this.compare = Object.hasOwn(SHIFTS, values.get('compare') ?? '') ? values.get('compare') : '';
		const [from, to] = [Number(values.get('from')), Number(values.get('to'))];
		this.range = Object.hasOwn(SPANS, values.get('range') ?? '') ? values.get('range') : 'hour';
		this.isGiven = values.has('range');
		Object.assign(this, {to: Date.now(), from: Date.now() - SPANS[this.range], follows: true});
		if (from > 0 && to > from) Object.assign(this, {from, to, follows: false, range: '', zoomed: true, isGiven: true});
	}

	/** The series that is drawn first: the main value's. */
	#first() {
		const main = this.own.find(({field}) => field === this.reading.description?.main) ?? this.own[0];
		return main ? [keyOf(main)] : [];
	}

	#keepAddress() {
		const {range, compare, chosen} = this, isDefault = [...chosen].join() === this.#first().join();
		keepAddress(this.reading.sensor_id, {range: range === 'hour' ? '' : range, compare,
			from: range ? '' : Math.round(this.from), to: range ? '' : Math.round(this.to)});
		if (isDefault) return;
		const joint = location.hash.includes('?') ? '&' : '?';
		history.replaceState(history.state, '', location.hash + joint + [...chosen].map(key => `series=${encodeURIComponent(key)}`).join('&'));
	}

	#build(others) {
		const name = sensorName(this.reading);
		this.note = el('p', {class: 'note', role: 'status'});
		this.time = el('p', {class: 'note cursor', 'aria-live': 'polite'});
		this.plot = el('div', {class: 'plot', tabindex: '0', role: 'img', 'aria-label': text('chart.plot', {sensor: name})});
		this.panels = new Panels(this.plot, index => this.#read(index));
		this.controls = new Controls(this, others);
		this.rows = el('tbody', {});
		this.happened = el('details', {hidden: true}, el('summary', {}, text('chart.events')), el('ol', {}));
		this.dialog = el('dialog', {class: 'chart', 'aria-labelledby': 'chart-title', onclose: () => this.#end()},
			el('div', {class: 'head'}, el('h2', {id: 'chart-title'}, name), el('span', {class: 'node'}, live.nodes.length > 1 ? this.reading.node : ''),
				el('button', {type: 'button', class: 'quiet', 'aria-label': text('chart.close'), onclick: () => this.close()}, icon('close'))),
			...this.controls.above, this.plot, this.time, this.note,
			el('div', {class: 'scroll', tabindex: '0', role: 'group', 'aria-label': text('chart.series')},
				el('table', {}, el('thead', {}, el('tr', {}, ...COLUMNS.map(key => el('th', {scope: 'col', class: key}, text(`chart.column.${key}`))))), this.rows)),
			this.happened, ...this.controls.below, el('p', {class: 'note help'}, text('chart.help')));
		gestures(this.plot, this);
		this.opener = document.activeElement;
		document.body.append(this.dialog);
		this.dialog.showModal();
	}

	/** Drawing changes the height, so only the width matters. */
	#resize() {
		if (!this.data || this.width === this.plot.clientWidth) return;
		this.width = this.plot.clientWidth;
		this.panels.draw(this.data);
	}

	close() {
		this.dialog.close();
	}

	#end() {
		live.removeEventListener('readings', this.listener);
		this.resized.disconnect();
		clearTimeout(this.timer);
		this.panels.destroy();
		this.dialog.remove();
		this.onEnd(() => this.opener?.isConnected && this.opener.focus({preventScroll: true}));
	}

	// What is shown; the controls and gestures.js call these

	/** Shows the last hour, day, week or month. */
	last(range) {
		const to = Date.now();
		Object.assign(this, {range, to, from: to - SPANS[range], follows: true, zoomed: false, isGiven: true});
		this.ask();
	}

	/** Shows a period that was typed. */
	between(from, to) {
		if (!(to > from)) return say(this.note, text('chart.dates'));
		this.move(from, to);
	}

	toggle(key) {
		if (!this.chosen.delete(key)) this.chosen.add(key);
		this.ask();
	}

	compareWith(choice) {
		this.compare = choice;
		this.ask();
	}

	/** Moves by a fraction of the period. */
	pan(part) {
		const by = (this.to - this.from) * part;
		this.move(this.from + by, this.to + by);
	}

	/** Zooms around a place from 0 (left) to 1 (right). */
	zoom(factor, where = 0.5) {
		const middle = this.from + (this.to - this.from) * where;
		const span = Math.min(SPANS.month * 12, Math.max(LEAST_MS, (this.to - this.from) * factor));
		this.move(middle - span * where, middle + span * (1 - where));
	}

	move(from, to) {
		Object.assign(this, {from, to, range: '', zoomed: true, isGiven: true, follows: to >= Date.now() - 1000});
		this.panels.move(from / 1000, to / 1000);
		this.controls.show();
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.ask(), SETTLE_MS);
	}

	readAt(clientX) {
		this.panels.readAt(clientX);
	}

	readBy(steps) {
		this.panels.readBy(steps);
	}

	/** Moves the period along with new readings, as long as its right end is the present. */
	grow() {
		if (!this.follows || this.grown > performance.now() - GROW_MS) return;
		this.grown = performance.now();
		const span = this.range ? SPANS[this.range] : this.to - this.from;
		this.to = Date.now();
		this.from = this.to - span;
		this.ask();
	}

	// The data

	async ask() {
		const turn = this.turn = Symbol();
		const points = Math.min(POINTS_MAX, Math.max(61, Math.round(this.plot.clientWidth)));
		const wanted = [...this.chosen].flatMap((key, i) => this.#wanted(this.all.get(key), COLORS[i % COLORS.length]));
		this.controls.show();
		if (!this.data) say(this.note, text('chart.loading'));
		try {
			const answers = await Promise.all(wanted.map(({series, shift}) => load(series, this.from, this.to, points, shift)));
			if (turn !== this.turn || !this.dialog.isConnected) return;
			this.#take(wanted, answers);
		} catch (problem) {
			if (turn === this.turn) say(this.note, text('chart.failed', {reason: problem.message}));
		}
	}

	/** A series, and its values of the day or week before if they are to be compared. */
	#wanted(series, color) {
		const now = {series, color, shift: 0, label: series.label};
		if (!this.compare) return [now];
		return [now, {series, color, shift: SHIFTS[this.compare], label: text('chart.before', {series: series.label}), dashed: true}];
	}

	#take(wanted, answers) {
		const isEmpty = !answers.some(({mean}) => mean.some(value => value !== null));
		if (isEmpty && !this.isGiven && this.range !== 'month') return this.#widen();
		const tables = answers.map(({times, mean, min, max}) => [times, mean, min, max]);
		// A null stays a gap in its series, also if other series have values at other times.
		const [times, ...rows] = tables.length ? UPlot.join(tables, tables.map(() => [1, 2, 2, 2])) : [[]];
		const series = wanted.map(({series: one, ...how}, i) => ({...one, ...how, mean: rows[3 * i], min: rows[3 * i + 1], max: rows[3 * i + 2]}));
		const from = this.#start(answers) / 1000, to = this.to / 1000;
		this.data = {times, series, from, to, events: this.events.filter(({time}) => time >= from && time <= to),
			limits: wanted.filter(({shift}) => !shift).flatMap(({series: one}) => limits(one).map(limit => ({...limit, ...one})))};
		say(this.note, isEmpty ? text('chart.empty') : this.#resolution(answers[0].resolution));
		this.#showTable();
		this.#showEvents();
		this.#keepAddress();
		this.panels.draw(this.data);
	}

	/** Nothing was measured in this period: the next longer one may have something. */
	#widen() {
		const names = Object.keys(SPANS);
		const range = names[names.indexOf(this.range) + 1];
		Object.assign(this, {range, from: this.to - SPANS[range]});
		this.ask();
	}

	/** Where the drawing starts: with the data, unless the reader chose the period by hand. */
	#start(answers) {
		if (this.zoomed) return this.from;
		const firsts = answers.map(({times, mean}) => times[mean.findIndex(value => value !== null)]).filter(time => time !== undefined);
		const first = Math.min(...firsts) * 1000;
		const isEarly = !firsts.length || first - this.from < EARLY * (this.to - this.from);
		return isEarly ? this.from : Math.min(first, this.to - LEAST_MS);
	}

	#resolution(resolution) {
		return {raw: text('chart.raw'), minute: text('chart.minute'), hour: text('chart.hourly')}[resolution] ?? '';
	}

	// The table and the values at the cursor

	#value(series, value) {
		const {unit, decimals} = numberStyle(series.field, series.reading);
		if (value === null || value === undefined) return [text('value.nothing'), ''];
		return [unit || decimals !== undefined ? decimal(value, decimals) : plain(value), unit];
	}

	#showTable() {
		const known = list => list.filter(value => value !== null && value !== undefined);
		this.cursorCells = [];
		this.rows.replaceChildren(...this.data.series.map(series => {
			const [mean, min, max] = [series.mean, series.min, series.max].map(known);
			const cells = [null, min.length ? Math.min(...min) : null, mean.length ? mean.reduce((sum, value) => sum + value, 0) / mean.length : null,
				max.length ? Math.max(...max) : null, mean.at(-1) ?? null].map(value => {
				const cell = el('td', {});
				fill(cell, this.#value(series, value));
				return cell;
			});
			cells[0].className = 'cursor';
			this.cursorCells.push(cells[0]);
			const swatch = el('span', {class: series.dashed ? 'swatch dashed' : 'swatch', 'aria-hidden': 'true'});
			swatch.style.setProperty('--swatch', `var(${series.color})`);
			return el('tr', {}, el('th', {scope: 'row'}, swatch, series.label), ...cells);
		}));
	}

	#read(index) {
		const time = index === null || index === undefined ? undefined : this.data?.times[index];
		say(this.time, time === undefined ? '' : text('chart.at', {time: clock(live.zone, {dateStyle: 'medium', timeStyle: 'medium'}).format(time * 1000)}));
		this.cursorCells?.forEach((cell, i) => {
			const series = this.data.series[i];
			fill(cell, this.#value(series, time === undefined ? null : series.mean[index]));
		});
		if (time !== undefined) {
			this.time.append(...this.data.series.map(series => el('span', {}, ` · ${series.label} ${this.#value(series, series.mean[index]).filter(Boolean).join(' ')}`)));
		}
	}

	#showEvents() {
		const {events: found} = this.data, format = clock(live.zone, {dateStyle: 'medium', timeStyle: 'medium'});
		this.happened.hidden = !found.length;
		this.happened.lastChild.replaceChildren(...found.map(({time, text: what}) => el('li', {}, `${format.format(time * 1000)} ${what}`)));
	}

	// Saving and sharing

	saveCsv() {
		if (this.data) saveCsv(this.data, sensorName(this.reading));
	}

	savePng() {
		if (this.panels.canvases().length) savePng(this.panels.canvases(), sensorName(this.reading), this.dialog);
	}

	async share() {
		try {
			await navigator.clipboard.writeText(location.href);
			say(this.note, text('chart.shared'));
		} catch {
			say(this.note, location.href); // without https there is no clipboard: the reader can copy this
		}
	}
}
