// The language and the colours of harvester's own log-in and set-up pages, whose form is account.js.
import './theme.js';
import './language.js';
import {translate} from './texts.js';

translate();
for (const element of document.querySelectorAll('[data-host]')) element.textContent = location.hostname;
