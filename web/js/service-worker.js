// Keeps the page and its files, so that it opens while its node cannot be reached. What the node says goes first, always.
const CACHE = 'harvester-page';

/** Only the page itself and its files: an answer of the API that is old must not look new. */
function isKept({method, mode, url}) {
	const {origin, pathname} = new URL(url);
	return method === 'GET' && origin === location.origin &&
		(pathname.startsWith('/assets/') || (pathname === '/' && mode === 'navigate'));
}

async function answer(request) {
	const cache = await caches.open(CACHE);
	try {
		const fresh = await fetch(request);
		// A refusal is shown, but never kept in place of the page.
		if (fresh.ok) await cache.put(request, fresh.clone());
		return fresh;
	} catch (problem) {
		const kept = await cache.match(request, {ignoreVary: true});
		if (kept) return kept;
		throw problem;
	}
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', event => {
	if (isKept(event.request)) event.respondWith(answer(event.request));
});
