"""The page's fixed parts. Everything is inline: the page asks no other server for anything."""

STYLE = """
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --text: #1c2128;
  --dim: #5c6673; --line: #dde1e7; --bad: #b3261e; --note: #8a5a00; --note-back: #fff1d6; }
@media (prefers-color-scheme: dark) { :root { --page: #14171c; --card: #1e232b;
  --text: #e6e9ee; --dim: #98a2b0; --line: #303742; --bad: #ff8a80; --note: #ffcf7d;
  --note-back: #40310f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--page); color: var(--text);
  font: 16px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; margin-bottom: 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
#status { color: var(--dim); }
#status.bad, .error { color: var(--bad); }
main { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .9rem 1rem; }
article.failed { border-color: var(--bad); }
h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
.node, .seen { color: var(--dim); font-size: .85rem; margin: 0; }
.badge { display: inline-block; background: var(--note-back); color: var(--note);
  border-radius: 1rem; padding: 0 .6rem; font-size: .8rem; font-weight: 600; }
dl { display: grid; grid-template-columns: 1fr auto; gap: .15rem 1rem; margin: .6rem 0; }
dt { color: var(--dim); }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; font-weight: 600;
  overflow-wrap: anywhere; }
.error { margin: .4rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
"""

# Builds the same cards as the Python side; text only ever becomes text, never markup.
SCRIPT = """
'use strict';
const units = JSON.parse(document.getElementById('units').textContent);
const main = document.querySelector('main'), line = document.getElementById('status');

function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}
function unitOf(name) {
  const found = units.find(([suffix]) => name === suffix || name.endsWith('_' + suffix));
  return found ? found.slice(1) : [null, null];
}
function show(name, value) {
  const [unit, decimals] = unitOf(name);
  if (value === null) return '\\u2014';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value !== 'number') return value;
  const text = unit ? value.toFixed(decimals)
    : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return unit ? text + ' ' + unit : text;
}
function title(name) {
  const text = name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
function age(milliseconds) {
  const seconds = Math.max(0, Math.round((Date.now() - milliseconds) / 1000));
  if (seconds < 120) return seconds + ' s ago';
  if (seconds < 7200) return Math.round(seconds / 60) + ' min ago';
  return Math.round(seconds / 3600) + ' h ago';
}
function card(reading) {
  const [, node, sensor] = reading.sensor_id.match(/^(?:([^:]*):)?(.*)$/s);
  const article = add(main, 'article');
  add(article, 'h2', sensor);
  if (node) add(article, 'p', node, 'node');
  if (reading.simulated) add(article, 'span', 'simulated', 'badge');
  const list = add(article, 'dl');
  for (const [name, value] of Object.entries(reading.data)) {
    if (name === 'error' || name === 'last_good_ms') continue;
    add(list, 'dt', title(name));
    add(list, 'dd', show(name, value));
  }
  if (reading.data.error) {
    article.className = 'failed';
    add(article, 'p', String(reading.data.error), 'error');
    const good = reading.data.last_good_ms;
    if (good) add(article, 'p', 'Last good value ' + age(good), 'seen');
  }
  add(article, 'p', 'Last seen ' + age(reading.timestamp_ms), 'seen');
}
async function refresh() {
  try {
    const answer = await fetch('/api/readings', {cache: 'no-store'});
    if (!answer.ok) throw new Error('HTTP ' + answer.status);
    const readings = (await answer.json()).readings;
    main.replaceChildren();
    readings.forEach(card);
    if (!readings.length) add(main, 'p', 'No readings yet.');
    const count = readings.length;
    line.textContent = count + (count === 1 ? ' sensor' : ' sensors') + ', live';
    line.className = '';
  } catch (error) {
    line.textContent = 'The gateway does not answer (' + error.message + ')';
    line.className = 'bad';
  }
}
refresh();
setInterval(refresh, 2000);
"""
