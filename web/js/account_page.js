// The language and the colours of harvester's own log-in and set-up pages, whose form is account.js.
import {get} from './api.js';
import './theme.js';
import './language.js';
import {translate} from './texts.js';

translate();

/** Tells whose log-in this is: the node's name, or the address while the node does not say it. */
function nameNode(name) {
	for (const element of document.querySelectorAll('[data-host]')) element.textContent = name;
}

nameNode(location.hostname);
get('/api/v1/session').then(({node}) => node && nameNode(node), () => {});
