// The entry point, which pages load: defines all elements of harvester.
import './theme.js';
import './tabs.js';
import './status.js';
import './session.js';
import './alerts.js';
import './cards.js';
import './nodes.js';
import './cluster.js';
import './controls.js';
import './logs.js';
import './plugins.js';
import './frame.js';
import {watchPage} from './page.js';

if (location.pathname === '/') watchPage();
