// <harvester-cards>: a card for each sensor, with all fields of its newest reading.
import strings from '../strings.en.js';
import {AirScale, hasScore} from './air.js';
import {path, send} from './api.js';
import {el, icon, say} from './dom.js';
import {chartButton, Field} from './field.js';
import {age, lastSeen, numbers, sensorName, values} from './format.js';
import {live, LiveElement} from './live.js';
import {isMonitor} from './nodes.js';
import {share} from './share.js';
import {Spark} from './spark.js';

const SLICE_MS = 8;
const SCORE_FIELDS = ['iaq_score', 'iaq_accuracy', 'gas_score'];

class Card {
	constructor(reading) {
		this.badge = el('span', {class: 'badge'}, strings.simulated);
		this.state = el('span', {class: 'state'});
		this.title = el('h2', {}, sensorName(reading));
		this.error = el('p', {class: 'error'});
		this.good = el('p', {class: 'seen'});
		this.seen = el('p', {class: 'seen'});
		this.more = el('p', {class: 'note'});
		this.list = el('dl', {});
		this.air = null;
		this.dismiss = el('button', {type: 'button', class: 'dismiss', title: strings.dismiss(reading.sensor),
			'aria-label': strings.dismiss(reading.sensor), onclick: () => this.#dismiss()}, icon('close'));
		this.element = el('article', {},
			el('div', {class: 'head'}, this.title, this.badge, this.state, chartButton(reading), this.dismiss),
			el('p', {class: 'node'}, reading.node), this.list, this.more, this.error, this.good, this.seen);
	}

	/** Makes the node forget this sensor. The button is shown only if its plugin was removed. */
	async #dismiss() {
		const {sensor_id: id} = this.reading;
		try {
			await send(path('readings', id), undefined, 'DELETE');
			live.forget(id);
		} catch (problem) {
			say(this.error, strings.controls.failed(problem.message));
		}
	}

	/** Rebuilds the fields, because their names have changed. */
	#build(reading, names) {
		const charted = numbers(reading);
		this.names = JSON.stringify(names);
		this.fields = names.filter(name => !(hasScore(reading) && SCORE_FIELDS.includes(name))).map(name => new Field(name));
		this.list.replaceChildren(...this.fields.map(field => field.element));
		this.spark?.element.remove();
		this.spark = charted.length ? new Spark(reading, this.fields.find(({name}) => charted.includes(name))?.name ?? charted[0]) : null;
		if (this.spark) this.list.before(this.spark.element);
		this.air?.element.remove();
		this.air = hasScore(reading) ? new AirScale() : null;
		if (this.air) this.list.after(this.air.element);
	}

	/** Shows the first `count` fields of the reading. No effect if nothing changed. */
	show(reading, count) {
		if (this.reading === reading && this.count === count) return;
		this.reading = reading;
		this.count = count;
		const fields = values(reading);
		const names = fields.slice(0, count).map(([name]) => name);
		if (JSON.stringify(names) !== this.names) this.#build(reading, names);
		say(this.more, count < fields.length ? strings.moreValues(fields.length - count) : '');
		this.more.hidden = count === fields.length;
		say(this.title, sensorName(reading));
		for (const field of this.fields) field.show(reading);
		this.spark?.add(reading);
		this.air?.show(reading);
		this.badge.hidden = !reading.simulated;
		this.dismiss.hidden = !reading.removed;
		say(this.error, reading.error ?? '');
		this.error.hidden = !reading.error;
		this.kind = !reading.error ? 'fine' : fields.some(([, value]) => value !== null) ? 'partly' : 'failed';
		this.tick();
	}

	/** Shows the state and the age. No effect before show(). */
	tick() {
		if (!this.reading) return;
		const now = performance.now();
		const status = live.isLost && this.reading.status === 'ok' ? 'stale' : this.reading.status;
		const good = this.reading.data.last_good_ms;
		this.element.className = `${this.kind} is-${status}`;
		say(this.state, strings.status[status] ?? '');
		say(this.seen, lastSeen(now - this.reading.seen));
		say(this.good, this.reading.error && typeof good === 'number'
			? strings.lastGood(age(now - this.reading.seen + this.reading.timestamp_ms - good)) : '');
	}
}

customElements.define('harvester-cards', class extends LiveElement {
	cards = new Map(); // by sensor id
	drawn = []; // of share(): what is to be shown, in order
	due = 0; // so many of them are still to be drawn
	next = 0; // this one next
	frame = 0;

	start() {
		this.watch('readings', () => this.show());
		this.watch('connection', () => this.tick());
		this.watch('tick', () => this.tick());
		if (live.readings.size) this.show();
	}

	show() {
		const apart = document.querySelector('harvester-nodes') !== null;
		const readings = [...live.readings.values()].filter(reading => !reading.description?.hidden && !(apart && isMonitor(reading)))
			.sort(live.order);
		const {drawn, left} = share(readings);
		this.drawn = drawn;
		this.due = drawn.length;
		this.#keep(drawn, left);
		this.frame ||= requestAnimationFrame(() => this.#draw());
	}

	/** Removes the cards of other sensors, and puts the rest in order. */
	#keep(drawn, left) {
		const ids = JSON.stringify([drawn.map(([reading]) => reading.sensor_id), left]);
		if (ids === this.ids) return;
		this.ids = ids;
		this.cards = new Map(drawn.map(([reading]) => [reading.sensor_id, this.cards.get(reading.sensor_id) ?? new Card(reading)]));
		this.replaceChildren(...(drawn.length ? [...this.cards.values()].map(card => card.element)
			: [el('p', {class: 'note'}, strings.noReadings)]),
			...left.map(([owner, number]) => el('p', {class: 'note'}, strings.moreSensors(owner, number))));
	}

	/** Draws cards for SLICE_MS, and the rest in the next frames: the browser answers the user in between. */
	#draw() {
		const end = performance.now() + SLICE_MS;
		for (; this.due && performance.now() < end; this.due--) {
			const [reading, count] = this.drawn[this.next++ % this.drawn.length];
			this.cards.get(reading.sensor_id).show(reading, count);
		}
		this.frame = this.due ? requestAnimationFrame(() => this.#draw()) : 0;
	}

	tick() {
		for (const card of this.cards.values()) card.tick();
	}
});
