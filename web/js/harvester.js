// The entry point, which pages load: defines all elements of harvester.
import './theme.js';
import './language.js';
import './tabs.js';
import './status.js';
import './session.js';
import './alerts.js';
import './alert_rules.js';
import './cards.js';
import './nodes.js';
import './cluster.js';
import './rollouts.js';
import './controls.js';
import './logs.js';
import './plugins.js';
import './frame.js';
import {watchCharts} from './chart_address.js';
import {install} from './offline.js';
import {watchPage} from './page.js';
import {translate} from './texts.js';

translate();
watchCharts();

if (location.pathname === '/') {
	watchPage();
	install();
}
