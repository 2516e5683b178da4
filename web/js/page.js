// Reloads the page when its plugin has changed it, after a hot swap or a restart.
//
// What changes with each cycle is inside harvester's elements and is ignored; the rest is layout and look.
import {text} from './api.js';
import {live} from './live.js';

const LOOKS_MS = [300, 1500, 4000, 10000]; // the new version renders in the next cycle

/** The HTML of a page without the contents of harvester's elements. */
function skeleton(page) {
	for (const element of page.querySelectorAll('*')) {
		if (element.localName.startsWith('harvester-')) element.replaceChildren();
	}
	return page.documentElement.innerHTML.replace(/\s+/g, ' ');
}

async function ask() {
	return skeleton(new DOMParser().parseFromString(await text('/'), 'text/html'));
}

/** The processes that render pages, as text; a swap, a restart or a failure changes it. */
function renderers() {
	return JSON.stringify(live.plugins.filter(({functions}) => functions?.includes('render'))
		.map(({name, pid, state}) => [name, pid, ['idle', 'calling'].includes(state)]));
}

/** Watches the page from now on. */
export function watchPage() {
	let first, known, timers = [];
	const look = async () => {
		try {
			const now = await ask();
			first ??= now;
			if (now !== first) location.reload();
		} catch {
			// Offline: the next "connection" event tries again.
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
