// What the page knew last, for when it is opened while its node cannot be reached: shown as last seen, never as live.
const KEY = 'harvester-last';
const PATIENCE_MS = 15000; // between two writes
const BYTES_MAX = 1 << 20;

let written = -Infinity;

/** Keeps readings and nodes, not more often than it makes sense. */
export function remember(readings, nodes) {
	if (performance.now() - written < PATIENCE_MS) return;
	written = performance.now();
	try {
		const body = JSON.stringify({time_ms: Date.now(), readings, nodes});
		if (body.length <= BYTES_MAX) localStorage.setItem(KEY, body);
	} catch {
		// Private browsing, or no room: there is nothing to show without the node then.
	}
}

/** What was kept, as {time_ms, readings, nodes}; null if nothing was. */
export function recall() {
	try {
		return JSON.parse(localStorage.getItem(KEY));
	} catch {
		return null;
	}
}

/** Forgets it: whoever logs out leaves nothing behind. */
export async function forgetAll() {
	try {
		localStorage.removeItem(KEY);
		for (const name of await caches?.keys() ?? []) await caches.delete(name);
	} catch {
		// Nothing was kept.
	}
}

/** Lets the page open without its node. Browsers allow this over https and on the node itself. */
export function install() {
	navigator.serviceWorker?.register('/service-worker.js').catch(() => {});
}
