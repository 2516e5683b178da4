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

const SLICE_MS = 8;
const FOUND_MS = 2000; // so long a card that somebody was led to is marked

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
	drawn = []; // of share(): what is to be shown, in order
	due = 0; // so many of them are still to be drawn
	next = 0; // this one next
	frame = 0;
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
		for (const kind of ['connection', 'tick']) this.watch(kind, () => this.tick());
		this.led = () => this.#lead();
		addEventListener('harvester-shown', this.led);
		this.show();
	}

	disconnectedCallback() {
		super.disconnectedCallback();
		removeEventListener('harvester-shown', this.led);
		this.observer.disconnect();
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
		Object.assign(this, {drawn: this.#inRooms(drawn), due: drawn.length, next: this.due ? this.next : 0});
		this.dataset.view = this.filters.isCompact ? 'compact' : 'full';
		this.filters.say(readings.length, all.filter(({description}) => !description?.hidden).length);
		this.#showWaiting();
		this.#keep(left, all.length);
		this.frame ||= requestAnimationFrame(() => this.#draw());
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
	#keep(left, known) {
		const {drawn} = this, empty = known || drawn.length ? null : emptyState();
		const ids = JSON.stringify([drawn.map(([reading]) => [reading.sensor_id, roomOf(reading)]), left, known > 0, empty?.key]);
		if (ids === this.ids) return;
		this.ids = ids;
		const old = this.cards;
		this.cards = new Map(drawn.map(([reading]) => [reading.sensor_id, old.get(reading.sensor_id) ?? this.#card(reading)]));
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
			room.grid.replaceChildren(...room.readings.map(({sensor_id: id}) => this.cards.get(id).element));
		}
		return [...this.rooms.values()].map(({element}) => element);
	}

	#seen(entries) {
		for (const {isIntersecting, target} of entries) {
			if (isIntersecting) this.cards.get(target.id.slice('sensor:'.length))?.seenByReader();
		}
	}

	/** Draws cards for SLICE_MS, and the rest in the next frames: the browser answers the user in between. */
	#draw() {
		const end = performance.now() + SLICE_MS;
		for (; this.due && performance.now() < end; this.due--) {
			const [reading, count] = this.drawn[this.next++ % this.drawn.length];
			this.cards.get(reading.sensor_id).show(reading, count);
		}
		this.frame = this.due ? requestAnimationFrame(() => this.#draw()) : 0;
		if (!this.due) this.#lead();
	}

	tick() {
		if (!live.readings.size) this.show();
		for (const card of this.cards.values()) card.tick();
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
