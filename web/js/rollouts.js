// <harvester-rollouts>: on a hub or a member of a cluster, how far each roll-out is, why a node failed, which versions
// the nodes run, and buttons for operators. Hidden if this node is neither, or an older one. The stream does not have
// this: the element asks while the page is visible.
import {get, path, send} from './api.js';
import {el, say} from './dom.js';
import {live, LiveElement} from './live.js';
import {text} from './texts.js';

const ASK_MS = 3000;
const ROLLOUTS_MAX = 8; // the newest; `harvester rollout status` has all
const NODES_MAX = 64; // of one list
const BAD = ['rolled back', 'failed', 'refused'];
const ACTIONS = {running: ['pause', 'abort', 'undo'], paused: ['resume', 'abort', 'undo'], done: ['undo'], aborted: ['undo']};

/** One roll-out. It is made again only if what it shows has changed, so that a button stays under the finger. */
class Rollout {
	constructor(number, act) {
		this.number = number;
		this.act = act;
		this.element = el('article', {class: 'node-card rollout-card'});
	}

	show(rollout) {
		const shape = JSON.stringify([rollout, live.mayOperate]);
		if (shape === this.shape) return;
		this.shape = shape;
		const {nodes} = rollout, good = nodes.filter(({state}) => state === 'good').length;
		this.element.replaceChildren(
			el('div', {class: 'head'}, el('h3', {}, `${rollout.plugin} ${rollout.version}`),
				el('span', {class: 'state'}, text(`rollout.is.${rollout.state}`))),
			rollout.reason ? el('p', {class: 'error'}, rollout.reason) : '',
			el('progress', {max: nodes.length, value: good, 'aria-label': text('rollout.good', {n: good, all: nodes.length})}),
			el('p', {class: 'note'}, text('rollout.good', {n: good, all: nodes.length}), ' · ', text('rollout.groups', {n: rollout.released, all: rollout.groups})),
			el('ul', {}, ...this.#order(nodes).map(node => this.#line(node))),
			el('div', {class: 'buttons'}, ...this.#buttons(rollout)));
	}

	/** Those that failed first, so that they are seen in a long list. */
	#order(nodes) {
		return nodes.toSorted((a, b) => BAD.includes(b.state) - BAD.includes(a.state)).slice(0, NODES_MAX);
	}

	#line({node, state, reason}) {
		const line = text('rollout.node', {name: node, state: text(`rollout.node.${state}`)});
		return el('li', {class: BAD.includes(state) ? 'error' : undefined}, reason ? `${line}: ${reason}` : line);
	}

	#buttons({state}) {
		if (!live.mayOperate) return [];
		return (ACTIONS[state] ?? []).map(action =>
			el('button', {type: 'button', class: 'quiet', onclick: () => this.act(this.number, action)}, text(`rollout.${action}`)));
	}
}

customElements.define('harvester-rollouts', class extends LiveElement {
	start() {
		this.cards = new Map();
		this.list = el('div', {});
		this.note = el('p', {class: 'error', role: 'alert', hidden: true});
		this.versions = el('ul', {});
		this.about = el('section', {'aria-label': text('rollout.versions'), hidden: true}, el('h3', {}, text('rollout.versions')), this.versions);
		this.hidden = true;
		this.asked = -Infinity;
		this.replaceChildren(el('h2', {}, text('rollout.title')), this.note, this.list, this.about);
		for (const kind of ['nodes', 'tick']) this.watch(kind, () => this.#ask());
		this.watch('session', () => this.#show());
		this.#ask();
	}

	async #ask(isUrgent = false) {
		const isDue = isUrgent || performance.now() - this.asked >= ASK_MS;
		if (live.self?.role !== 'hub' || this.isOld || document.hidden || this.isAsking || !isDue) return;
		this.isAsking = true;
		this.asked = performance.now();
		try {
			this.all = await get('/api/v1/rollouts');
			this.#show();
		} catch (problem) {
			this.isOld = problem.status === 404;
		}
		this.isAsking = false;
	}

	async #act(number, action) {
		try {
			await send(path('rollouts', String(number), action));
			this.note.hidden = true;
		} catch (problem) {
			say(this.note, problem.message);
			this.note.hidden = false;
		}
		this.#ask(true);
	}

	#show() {
		const {rollouts = [], nodes = []} = this.all ?? {}, newest = rollouts.slice(0, ROLLOUTS_MAX);
		this.hidden = !newest.length;
		for (const {number} of newest)
			if (!this.cards.has(number)) this.cards.set(number, new Rollout(number, (...words) => this.#act(...words)));
		const elements = newest.map(({number}) => this.cards.get(number).element);
		if (elements.some((one, i) => one !== this.list.children[i])) this.list.replaceChildren(...elements);
		for (const rollout of newest) this.cards.get(rollout.number).show(rollout);
		this.#showVersions(nodes);
	}

	#showVersions(nodes) {
		const lines = nodes.slice(0, NODES_MAX).map(({node, plugins}) =>
			text('rollout.runs', {name: node, list: plugins.map(({name, version}) => `${name} ${version}`).join(', ') || text('rollout.none')}));
		this.about.hidden = !lines.length;
		if (this.joined === lines.join('\n')) return;
		this.joined = lines.join('\n');
		this.versions.replaceChildren(...lines.map(line => el('li', {}, line)));
	}
});
