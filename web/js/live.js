// The node's state in the browser, kept up to date by Server-Sent Events, or by polling if a proxy blocks them.
//
// `live` dispatches these events: readings (changed or removed), nodes, plugins, alerts, log (with the new lines as
// `detail`), session, connection, tick.
import {get, goToLogin} from './api.js';
import {recall, remember} from './offline.js';

const POLL_MS = 2000;
const SLOW_POLL_MS = 6000; // nodes and plugins
const SNAPSHOT_MS = 4000; // a stream without its first event for so long is taken to be blocked
const RETRY_MS = 5000; // to the next attempt at a stream
const QUIET_MS = 45000; // a stream without events for so long is opened again
const HIDDEN_MS = 30000; // a hidden tab closes its connection after this time
const LINES_MAX = 2000;
const KINDS = ['readings', 'sensors', 'nodes', 'plugins', 'alerts', 'log'];

/** Adds the fields that a reading lacks, since not all routes give all of them. */
function whole(reading) {
	const [, node, sensor] = String(reading.sensor_id).match(/^(?:([^:]*):)?(.*)$/s);
	const error = reading.error ?? reading.data?.error ?? null;
	return {
		node: node ?? '', sensor, units: {}, simulated: false, status: error ? 'error' : 'ok', ...reading,
		data: reading.data ?? {}, error: error === null ? null : String(error),
		sensor_id: String(reading.sensor_id),
		seen: performance.now() - (reading.age_ms ?? Math.max(0, Date.now() - reading.timestamp_ms)),
	};
}

class Live extends EventTarget {
	readings = new Map(); // by sensor id
	nodes = [];
	plugins = [];
	alerts = null; // unknown
	session = undefined; // not known yet; null if the node does not say
	lines = []; // log lines, the oldest first
	connection = 'connecting';
	heard = performance.now(); // when data last arrived
	#source = null;
	#asked = 0; // when the stream was opened
	#fresh = true; // the next readings replace all known ones
	#timers = {};

	start() {
		if (this.#timers.tick) return;
		this.#timers.tick = setInterval(() => this.#tick(), 1000);
		this.#listen();
		this.askSession();
		// A browser allows six connections to a host, and a page kept for the "back" button would hold one.
		addEventListener('pagehide', () => this.#sleep());
		addEventListener('pageshow', event => event.persisted && this.#listen());
		document.addEventListener('visibilitychange', () => {
			clearTimeout(this.#timers.sleep);
			if (document.hidden) this.#timers.sleep = setTimeout(() => this.#sleep(), HIDDEN_MS);
			else if (!this.#source) this.#listen();
		});
	}

	/** Closes the connection while nobody sees the page. */
	#sleep() {
		this.#source?.close();
		this.#source = null;
		this.#stopPolling();
		clearTimeout(this.#timers.snapshot);
		clearTimeout(this.#timers.retry);
	}

	/** Loads who is logged in, and what that account may do. */
	async askSession() {
		try {
			this.session = await get('/api/v1/session');
		} catch {
			this.session = null;
		}
		this.#tell('session');
	}

	/** Whether the buttons that change something are shown. The node decides anyway, for each request. */
	get mayOperate() {
		return this.session === null || this.session?.open === true || this.session?.role === 'operator';
	}

	/** Compares readings for sorting: by the owner's order, then this node's first, then by node and sensor. */
	order = (a, b) => {
		const self = this.self?.node, place = ({description}) => description?.order ?? Infinity;
		if (place(a) !== place(b)) return place(a) < place(b) ? -1 : 1;
		if ((a.node === self) !== (b.node === self)) return a.node === self ? -1 : 1;
		return a.sensor_id < b.sensor_id ? -1 : 1;
	};

	get self() {
		return this.nodes.find(node => node.is_self);
	}

	/** The state of a reading as this page knows it: `offline` if its node cannot be reached. */
	statusOf(reading) {
		if (this.nodes.find(({node}) => node === reading.node)?.online === false) return 'offline';
		return this.isLost && reading.status === 'ok' ? 'stale' : reading.status;
	}

	/** For how many milliseconds this node was not seen; null if it never was. */
	unseen(node) {
		if (typeof node.last_seen_ms !== 'number') return null;
		return performance.now() - node.heard + Math.max(0, node.now - node.last_seen_ms);
	}

	get zone() {
		return this.self?.timezone || 'UTC';
	}

	/** Whether the connection is lost, so that the data may be old. */
	get isLost() {
		return this.connection === 'lost';
	}

	#tell(name, detail) {
		this.dispatchEvent(new CustomEvent(name, {detail}));
	}

	#become(connection) {
		if (this.connection === connection) return;
		if (connection === 'lost' && !this.readings.size) this.#recall();
		this.connection = connection;
		this.#tell('connection');
	}

	#tick() {
		if (this.connection === 'live') remember([...this.readings.values()], this.nodes);
		if (this.#source && performance.now() - Math.max(this.heard, this.#asked) > QUIET_MS) this.#listen();
		this.#tell('tick');
	}

	#take(kind, data) {
		this.heard = performance.now();
		if (kind === 'readings') this.#takeReadings(data.readings ?? []);
		else if (kind === 'sensors') return this.#keepSensors(data.sensors ?? []);
		else if (kind === 'nodes') this.#takeNodes(data.nodes ?? []);
		else if (kind === 'plugins') this.plugins = Array.isArray(data) ? data : data.plugins ?? [];
		else if (kind === 'alerts') this.alerts = data.alerts ?? [];
		else return this.takeLines(data.logs ?? []);
		this.#tell(kind);
	}

	#takeReadings(list) {
		if (this.#fresh) this.readings = new Map();
		this.#fresh = false;
		for (const reading of list.map(whole)) this.readings.set(reading.sensor_id, reading);
	}

	/** Shows what was known last, since the node did not answer since the page was opened. */
	#recall() {
		const {time_ms: time, readings = [], nodes = []} = recall() ?? {};
		if (!readings.length) return;
		const ago = Math.max(0, Date.now() - time);
		this.heard = performance.now() - ago;
		for (const reading of readings) {
			this.readings.set(reading.sensor_id, {...whole(reading), seen: this.heard - (reading.age_ms ?? 0)});
		}
		this.nodes = nodes;
		this.#tell('nodes');
		this.#tell('readings');
	}

	/** Removes all sensors that are not in this list. */
	#keepSensors(ids) {
		const kept = new Set(ids);
		for (const id of [...this.readings.keys()]) if (!kept.has(id)) this.readings.delete(id);
		this.#tell('readings');
	}

	/** Removes a sensor that the user has dismissed. */
	forget(id) {
		if (this.readings.delete(id)) this.#tell('readings');
	}

	/** Takes over decisions about a sensor that the node has just accepted; null takes one back. */
	describe(id, changes) {
		const reading = this.readings.get(id);
		if (!reading) return;
		const description = {...reading.description, ...changes};
		for (const [key, value] of Object.entries(changes)) if (value === null) delete description[key];
		this.readings.set(id, {...reading, description});
		this.#tell('readings');
	}

	/** Ages are computed with the node's clock, since that of a phone or tablet may be wrong. */
	#takeNodes(list) {
		const now = list.find(node => node.is_self)?.last_seen_ms ?? Date.now();
		this.nodes = list.map(node => ({...node, now, heard: this.heard}));
	}

	/** Adds log lines. Some may come twice: by the stream, and by #askLines(). */
	takeLines(lines) {
		const known = new Set(this.lines.map(line => line.sequence));
		const added = lines.filter(line => !known.has(line.sequence));
		if (!added.length) return;
		this.lines = [...this.lines, ...added].sort((a, b) => a.sequence - b.sequence).slice(-LINES_MAX);
		this.#tell('log', added);
	}

	// Server-Sent Events

	#listen() {
		this.#source?.close();
		this.#asked = performance.now();
		const source = this.#source = new EventSource('/api/v1/events');
		this.#fresh = true;
		source.onopen = () => {
			this.#fresh = true;
			this.#askLines().catch(() => {});
		};
		source.onerror = () => this.#stumble();
		for (const kind of KINDS) source.addEventListener(kind, event => this.#hear(kind, event.data));
		clearTimeout(this.#timers.snapshot);
		this.#timers.snapshot = setTimeout(() => this.#fall(), SNAPSHOT_MS);
	}

	#hear(kind, text) {
		let data;
		try {
			data = JSON.parse(text);
		} catch {
			return; // the event was cut off; the next one is complete
		}
		clearTimeout(this.#timers.snapshot);
		this.#stopPolling();
		this.#become('live');
		this.#take(kind, data);
	}

	/** The stream failed. Unless it was refused, the browser reconnects by itself with the last event's id. */
	#stumble() {
		if (this.#source.readyState === EventSource.CLOSED) this.#fall();
		else this.#poll();
	}

	/** Closes the stream and polls; tries a stream again after RETRY_MS. */
	#fall() {
		this.#source?.close();
		this.#source = null;
		this.#poll();
		clearTimeout(this.#timers.retry);
		this.#timers.retry = setTimeout(() => this.#listen(), RETRY_MS);
	}

	// Polling

	#poll() {
		if (this.#timers.poll) return;
		clearTimeout(this.#timers.snapshot);
		this.#timers.slow = 0;
		const round = async () => {
			await this.#pollOnce();
			if (this.#timers.poll) this.#timers.poll = setTimeout(round, POLL_MS);
		};
		this.#timers.poll = setTimeout(round, 0);
	}

	#stopPolling() {
		clearTimeout(this.#timers.poll);
		this.#timers.poll = null;
	}

	async #pollOnce() {
		try {
			const readings = await this.#askReadings();
			if (!this.#timers.poll) return; // the stream came back meanwhile
			this.#fresh = true;
			this.#take('readings', readings);
			this.#become('polling');
			if (performance.now() - this.#timers.slow > SLOW_POLL_MS || !this.#timers.slow) await this.#askRest();
		} catch (problem) {
			if (problem.status === 401) goToLogin();
			if (this.#timers.poll) this.#become('lost');
		}
	}

	async #askReadings() {
		try {
			return await get('/api/v1/readings');
		} catch (problem) {
			if (problem.status !== 404) throw problem;
			return get('/api/readings');
		}
	}

	async #askRest() {
		this.#timers.slow = performance.now();
		for (const kind of ['nodes', 'plugins', 'alerts']) {
			try {
				this.#take(kind, await get('/api/v1/' + kind));
			} catch (problem) {
				if (problem.status !== 404) throw problem;
			}
		}
		await this.#askLines();
	}

	/** Loads the log lines that were missed, if the log was loaded before. */
	async #askLines() {
		const after = this.lines.at(-1)?.sequence;
		if (after !== undefined) this.takeLines((await get(`/api/v1/logs?after=${after}`)).logs ?? []);
	}
}

export const live = new Live();

/** An element that listens to `live` while it is in the page: `watch(kind, handler)` in start(). */
export class LiveElement extends HTMLElement {
	#undo = [];

	connectedCallback() {
		live.start();
		this.start();
	}

	disconnectedCallback() {
		for (const undo of this.#undo.splice(0)) undo();
	}

	watch(kind, handler) {
		live.addEventListener(kind, handler);
		this.#undo.push(() => live.removeEventListener(kind, handler));
	}
}
