// Notices that the page at / became another one, by a hot swap or a restart, and then loads it.
//
// What changes from cycle to cycle is inside the host's elements; the rest is the page's layout and look.
import {text} from './api.js';
import {live} from './live.js';

const LOOKS_MS = [300, 1500, 4000, 10000]; // the new version renders in the next cycle

/** A page without the inside of the host's elements. */
function skeleton(page) {
	for (const element of page.querySelectorAll('*')) {
		if (element.localName.startsWith('harvester-')) element.replaceChildren();
	}
	return page.documentElement.innerHTML.replace(/\s+/g, ' ');
}

async function ask() {
	return skeleton(new DOMParser().parseFromString(await text('/'), 'text/html'));
}

/** Which processes render: a swap, a restart or a failure changes it. */
function renderers() {
	return JSON.stringify(live.plugins.filter(({functions}) => functions?.includes('render'))
		.map(({name, pid, state}) => [name, pid, ['idle', 'calling'].includes(state)]));
}

/** Watches from now on. */
export function watchPage() {
	let first, known, timers = [];
	const look = async () => {
		try {
			const now = await ask();
			first ??= now;
			if (now !== first) location.reload();
		} catch {
			// Out of reach: it is asked again when it is back.
		}
	};
	const lookSoon = () => {
		timers.forEach(clearTimeout);
		timers = LOOKS_MS.map(wait => setTimeout(look, wait));
	};
	live.addEventListener('plugins', () => {
		const now = renderers();
		if (now === known) return;
		known = now;
		lookSoon();
	});
	live.addEventListener('connection', () => {
		if (live.connection !== 'lost') lookSoon();
	});
	look();
}
