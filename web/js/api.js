// HTTP requests to this node. A request that fails throws a Problem, whose message is for the user.
import {say} from './dom.js';
import {text as words} from './texts.js';

const PATIENCE_MS = 15000;

export class Problem extends Error {
	constructor(status, detail) {
		super(detail);
		this.status = status;
	}
}

async function detailOf(answer) {
	if (answer.status === 401) return words('problem.login');
	try {
		const problem = await answer.json();
		return String(problem.detail ?? problem.title ?? answer.statusText);
	} catch {
		return answer.status === 403 ? words('problem.role') : `HTTP ${answer.status}`;
	}
}

async function ask(path, options) {
	let answer;
	try {
		answer = await fetch(path, {cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE_MS), ...options});
	} catch {
		throw new Problem(0, words('problem.network'));
	}
	if (!answer.ok) throw new Problem(answer.status, await detailOf(answer));
	return answer;
}

export async function get(path) {
	return (await ask(path)).json();
}

export async function text(path) {
	return (await ask(path)).text();
}

/** POST (or `method`) with a JSON body, or none. */
export async function send(path, body, method = 'POST') {
	await ask(path, {
		method,
		headers: body === undefined ? {} : {'Content-Type': 'application/json'},
		body: body === undefined ? undefined : JSON.stringify(body),
	});
}

/** Sends it, and says in `note` what becomes of it: in the end `done`, or why it failed. */
export async function sendAndSay(note, done, ...request) {
	note.dataset.kind = '';
	say(note, words('controls.sending'));
	try {
		await send(...request);
		note.dataset.kind = 'good';
		say(note, done);
	} catch (problem) {
		note.dataset.kind = 'bad';
		say(note, words('controls.failed', {reason: problem.message}));
	}
}

/** A path below /api/v1. The parts are escaped, so that a name with a slash stays one part. */
export function path(...parts) {
	return '/api/v1/' + parts.map(encodeURIComponent).join('/');
}

/** A query string from an object, without values that are undefined or empty. */
export function query(values) {
	const used = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
	return used.length ? '?' + new URLSearchParams(used) : '';
}

// harvester's own log-in page. Passwords are typed only there, since a plugin's page could read them.
export const LOGIN = '/login';

export function goToLogin() {
	if (location.pathname !== LOGIN) location.assign(LOGIN);
}
