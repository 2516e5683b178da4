// What the overview says before the first reading: what happens next, and how to add a plugin.
import {el} from './dom.js';
import {live} from './live.js';
import {text} from './texts.js';

const COMMAND = 'harvester plugin new my-sensor';
const COMING = ['stopped', 'preparing', 'starting', 'idle', 'calling'];

/** The text as an element, and a key that changes when it does. */
export function emptyState() {
	const coming = live.plugins.filter(({state}) => COMING.includes(state)).length;
	const key = [live.connection, live.plugins.length, coming, live.mayOperate].join();
	if (live.connection === 'connecting') return {key, element: el('p', {class: 'note'}, text('empty.loading'))};
	return {key, element: el('div', {class: 'empty'}, el('h2', {}, text('empty.title')),
		...(coming ? [el('p', {}, text('empty.starting', {n: coming}))] : []),
		...(live.plugins.length ? [] : [el('p', {}, text('empty.noPlugin'))]),
		...(live.mayOperate ? [el('p', {}, text('empty.how')), el('pre', {}, COMMAND), el('p', {}, text('empty.next'))] : []))};
}
