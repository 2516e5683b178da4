// <harvester-cards>: the sensors by room, a card for each, with search, filters and an order by hand.
import {dragging, move} from './arrange.js';
import {Approval, waitsForApproval} from './approval.js';
import {Card} from './card.js';
import {el, say} from './dom.js';
import {emptyState} from './empty.js';
import {Filters} from './filters.js';
import {roomOf, sensorName} from './format.js';
import {live, LiveElement} from './live.js';
import {isMonitor} from './nodes.js';
import {share} from './share.js';
import {place} from './tabs.js';
import {locale, text} from './texts.js';

const SLICE_MS = 8; // of a frame's 16
const REST_MS = 32; // while the browser is idle: shorter than the 50 ms that a reader notices
const FOUND_MS = 2000; // so long a card that somebody was led to is marked

/** Not in every browser; a timer comes close. */
const whenIdle = globalThis.requestIdleCallback?.bind(globalThis) ?? (work => setTimeout(work, 20));

const byName = new Intl.Collator(locale, {numeric: true}).compare;

/** Compares rooms for sorting; sensors without one come last. */
function byRoomName(a, b) {
	return (a === '') - (b === '') || byName(a, b);
}

/** A room with its cards. */
class Room {
	constructor(name) {
		this.title = el('h2', {}, name || text('cards.noRoom'));
		this.grid = el('div', {class: 'grid'});
		this.element = el('section', {class: 'room'}, this.title, this.grid);
	}
}

customElements.define('harvester-cards', class extends LiveElement {
	cards = new Map(); // by sensor id
	rooms = new Map(); // by name
	approvals = new Map(); // by plugin
	due = new Map(); // by sensor id: the reading and the number of its fields, of the cards that are still to be drawn
	near = new Set(); // the ids of the cards in view or close to it
	frame = 0;
	rest = 0; // what waits until the browser is idle
	arranges = false;

	start() {
		this.tools = {edit: reading => this.#edit(reading), move: (card, by) => this.#move(card, by)};
		this.observer = new IntersectionObserver(seen => this.#seen(seen), {rootMargin: '25%'});
		this.filters = new Filters(() => this.show(), on => this.#arrange(on));
		this.waiting = el('div', {class: 'grid'});
		this.note = el('p', {class: 'note answer', role: 'status'});
		this.help = el('p', {class: 'note', hidden: true}, text('arrange.help'));
		this.places = el('div', {class: 'rooms'});
		dragging(this.places, () => this.arranges, (from, to) => this.#drop(from, to));
		this.watch('readings', () => this.show());
		for (const kind of ['plugins', 'nodes']) this.watch(kind, () => this.show());
		this.watch('session', () => {
			this.show();
			this.#tools();
		});
		for (const kind of ['connection', 'nodes']) this.watch(kind, () => this.#tick(this.cards.keys()));
		this.watch('connection', () => this.#showWaiting());
		this.watch('tick', () => this.#tick(this.near));
		this.led = () => this.#lead();
		addEventListener('harvester-shown', this.led);
		this.show();
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		removeEventListener('harvester-shown', this.led);
		this.observer.disconnect();
		this.near.clear();
	}

	/** What the page's plugin put here stays until the first data arrive. */
	#begin() {
		if (this.places.isConnected) return true;
		if (live.connection === 'connecting' && this.firstElementChild) return false;
		this.replaceChildren(this.waiting, this.filters.element, this.help, this.note, this.places);
		return true;
	}

	show() {
		if (!this.#begin()) return;
		const apart = document.querySelector('harvester-nodes') !== null;
		const all = [...live.readings.values()].filter(reading => !(apart && isMonitor(reading)));
		this.filters.offer(all);
		const readings = all.filter(reading => this.filters.fits(reading)).sort(live.order);
		const {drawn, left} = share(readings);
		const placed = this.#inRooms(drawn);
		this.dataset.view = this.filters.isCompact ? 'compact' : 'full';
		this.filters.say(readings.length, all.filter(({description}) => !description?.hidden).length);
		this.#showWaiting();
		this.#keep(placed, left, all.length);
		this.#plan(placed);
	}

	/** In the order of the page, so that what is in view is drawn first. */
	#inRooms(drawn) {
		const byRoom = Map.groupBy(drawn, ([reading]) => roomOf(reading));
		return [...byRoom.keys()].sort(byRoomName).flatMap(name => byRoom.get(name));
	}

	/** The plugins that wait for approval, each with its request. */
	#showWaiting() {
		const waiting = live.plugins.filter(waitsForApproval);
		const known = this.approvals;
		this.approvals = new Map(waiting.map(({name}) => [name, known.get(name) ?? this.#approval(name)]));
		for (const plugin of waiting) this.approvals.get(plugin.name).show(plugin);
		if ([...known.keys()].join('\n') !== [...this.approvals.keys()].join('\n')) {
			this.waiting.replaceChildren(...[...this.approvals.values()].map(({card}) => card));
		}
	}

	#approval(name) {
		const approval = new Approval(name);
		approval.card = el('article', {class: 'is-stale'}, el('div', {class: 'head'}, el('h2', {}, name),
			el('span', {class: 'state'}, text('plugins.waits'))), approval.element);
		return approval;
	}

	/** Removes the cards of other sensors, and puts the rest in order. */
	#keep(drawn, left, known) {
		const empty = known || drawn.length ? null : emptyState();
		const ids = JSON.stringify([drawn.map(([reading]) => [reading.sensor_id, roomOf(reading)]), left, known > 0, empty?.key]);
		if (ids === this.ids) return;
		this.ids = ids;
		const old = this.cards;
		this.cards = new Map(drawn.map(([reading]) => [reading.sensor_id, old.get(reading.sensor_id) ?? this.#card(reading)]));
		for (const [id, {element}] of old) {
			if (this.cards.has(id)) continue;
			this.observer.unobserve(element);
			this.near.delete(id);
		}
		const rooms = this.#rooms(drawn.map(([reading]) => reading));
		this.places.replaceChildren(...(empty ? [empty.element] : rooms.length ? rooms : [this.#nothing()]),
			...left.map(([owner, n]) => el('p', {class: 'note'}, text('cards.moreSensors', {owner, n}))));
		this.#tools();
	}

	#card(reading) {
		const card = new Card(reading, this.tools);
		this.observer.observe(card.element);
		return card;
	}

	/** Nothing fits the filters. */
	#nothing() {
		return el('p', {class: 'note'}, `${text('cards.none')} `, el('button', {type: 'button', onclick: () => {
			this.filters.clear();
			this.show();
		}}, text('cards.clear')));
	}

	/** The sections of the rooms with their cards. Where nobody named a room, there is one section. */
	#rooms(readings) {
		const byRoom = Map.groupBy(readings, roomOf);
		const names = [...byRoom.keys()].sort(byRoomName);
		this.rooms = new Map(names.map(name => [name, this.rooms.get(name) ?? new Room(name)]));
		for (const [name, room] of this.rooms) {
			room.readings = byRoom.get(name);
			const isAlone = names.length === 1 && name === '';
			say(room.title, isAlone ? text('cards.sensors') : name || text('cards.noRoom'));
			room.title.className = isAlone ? 'visually-hidden' : '';
			room.element.style.setProperty('--cards', room.readings.length);
			room.grid.replaceChildren(...room.readings.map(({sensor_id: id}) => this.cards.get(id).element));
		}
		return [...this.rooms.values()].map(({element}) => element);
	}

	#seen(entries) {
		for (const {isIntersecting, target} of entries) {
			const id = target.id.slice('sensor:'.length), card = this.cards.get(id);
			if (card?.element !== target) continue; // removed meanwhile
			if (isIntersecting) this.near.add(id);
			else this.near.delete(id);
			card.see(isIntersecting);
		}
		this.#wake();
	}

	/** Notes which cards show something else than their reading. One that waits already keeps its turn. */
	#plan(placed) {
		const due = new Map(placed.filter(([reading, count]) => !this.cards.get(reading.sensor_id).shows(reading, count))
			.map(pair => [pair[0].sensor_id, pair]));
		const waited = [...this.due.keys()].filter(id => due.has(id));
		this.due = new Map([...waited.map(id => [id, due.get(id)]), ...due]);
		this.#wake();
		if (!this.due.size) this.#lead();
	}

	/** What is in view is drawn in the next frame, the rest when the browser has nothing better to do. */
	#wake() {
		if (!this.due.size) return;
		if (!this.near.size || this.#nearDue().length) this.frame ||= requestAnimationFrame(() => this.#draw());
		else this.rest ||= whenIdle(() => this.#drawRest());
	}

	#nearDue() {
		return [...this.due.keys()].filter(id => this.near.has(id));
	}

	#show(id) {
		const [reading, count] = this.due.get(id);
		this.due.delete(id);
		this.cards.get(id).show(reading, count);
	}

	#draw() {
		this.frame = 0;
		// Before it is known what is in view, the first ones are.
		this.#drawSome(this.near.size ? this.#nearDue() : [...this.due.keys()], SLICE_MS);
	}

	#drawRest() {
		this.rest = 0;
		this.#drawSome([...this.due.keys()], REST_MS);
	}

	/** For so long, so that the browser answers its user in between. */
	#drawSome(ids, milliseconds) {
		const end = performance.now() + milliseconds;
		for (const id of ids) {
			this.#show(id);
			if (performance.now() >= end) break;
		}
		this.#wake();
		if (!this.due.size) this.#lead();
	}

	#tick(ids) {
		if (!live.readings.size) this.show();
		for (const id of ids) this.cards.get(id)?.tick();
	}

	/** Scrolls to the card that the address names, once. */
	#lead() {
		const {section, thing} = place();
		if (section !== 'overview' || !thing || this.ledTo === location.hash) return;
		// A monitor's readings are on its node's card.
		const card = this.cards.get(thing)?.element ?? document.getElementById(`node:${live.readings.get(thing)?.node}`);
		if (!card || !this.checkVisibility()) return;
		this.ledTo = location.hash;
		card.scrollIntoView({block: 'center'});
		card.focus({preventScroll: true});
		card.dataset.found = '';
		setTimeout(() => delete card.dataset.found, FOUND_MS);
	}

	// The owner's tools

	async #edit(reading) {
		const {openEditor} = await import('./edit.js');
		openEditor(live.readings.get(reading.sensor_id) ?? reading);
	}

	#arrange(on) {
		this.arranges = on;
		this.help.hidden = !on;
		say(this.note, '');
		this.#tools();
	}

	/** Shows the buttons that the reader may use now. */
	#tools() {
		for (const card of this.cards.values()) card.allow(this.arranges);
	}

	#move(card, by) {
		const {readings} = this.rooms.get(roomOf(card.reading));
		const from = readings.findIndex(({sensor_id: id}) => id === card.id);
		return this.#put(readings, from, from + by, document.activeElement);
	}

	#drop(dragged, target) {
		const [from, to] = [dragged, target].map(id => this.cards.get(id.slice('sensor:'.length)));
		const {readings} = this.rooms.get(roomOf(from.reading));
		const at = card => readings.findIndex(({sensor_id: id}) => id === card.id);
		if (at(to) >= 0) this.#put(readings, at(from), at(to));
	}

	async #put(readings, from, to, focused) {
		const reading = readings[from];
		try {
			await move(readings, from, to);
			this.note.dataset.kind = '';
			say(this.note, text('arrange.moved', {sensor: sensorName(reading), place: Math.min(Math.max(0, to), readings.length - 1) + 1, n: readings.length}));
		} catch (problem) {
			this.note.dataset.kind = 'bad';
			say(this.note, text('arrange.failed', {reason: problem.message}));
		}
		focused?.focus(); // moving an element in the page takes the focus from it
	}
});
