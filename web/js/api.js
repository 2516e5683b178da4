// Requests to this node. A refusal becomes a Problem that a person can read.
import strings from '../strings.en.js';

const PATIENCE_MS = 15000;

export class Problem extends Error {
	constructor(status, detail) {
		super(detail);
		this.status = status;
	}
}

async function detailOf(answer) {
	if (answer.status === 401) return strings.problem.login;
	try {
		const problem = await answer.json();
		return String(problem.detail ?? problem.title ?? answer.statusText);
	} catch {
		return answer.status === 403 ? strings.problem.role : `HTTP ${answer.status}`;
	}
}

async function ask(path, options) {
	let answer;
	try {
		answer = await fetch(path, {cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE_MS), ...options});
	} catch {
		throw new Problem(0, strings.problem.network);
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

/** A path of /api/v1 from its parts; a name cannot add a part of its own. */
export function path(...parts) {
	return '/api/v1/' + parts.map(encodeURIComponent).join('/');
}

/** A query from an object; what is undefined or empty is left out. */
export function query(values) {
	const used = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
	return used.length ? '?' + new URLSearchParams(used) : '';
}

// The password is typed on the host's own page alone, where no plugin has a say.
export const LOGIN = '/login';

export function goToLogin() {
	if (location.pathname !== LOGIN) location.assign(LOGIN);
}
