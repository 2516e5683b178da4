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
main { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); }
article { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .9rem 1rem; }
article.failed { border-color: var(--bad); }
article.partly { border-color: var(--note); }
.partly .error { color: var(--note); }
.head { display: flex; align-items: center; gap: .6rem; }
h2 { font-size: 1.05rem; margin: 0 auto 0 0; overflow-wrap: anywhere; }
.node, .seen { color: var(--dim); font-size: .85rem; margin: 0; }
.badge { flex: none; background: var(--note-back); color: var(--note);
  border-radius: 1rem; padding: 0 .6rem; font-size: .8rem; font-weight: 600; }
dl { display: grid; grid-template-columns: 1fr auto; align-items: baseline; gap: .15rem 1rem;
  margin: .5rem 0; }
dt { color: var(--dim); }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; font-weight: 600;
  overflow-wrap: anywhere; }
dd:first-of-type { font-size: 1.6rem; line-height: 1.3; }
.error { margin: .4rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
"""

# Builds the same cards as the Python side; text only ever becomes text, never markup.
SCRIPT = """
'use strict';
const {units, words, dropped} = JSON.parse(document.getElementById('words').textContent);
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
function duration(seconds) {
  if (seconds < 120) return Number(seconds.toPrecision(4)) + ' s';
  if (seconds < 7200) return Math.floor(seconds / 60) + ' min';
  if (seconds < 172800) return Math.floor(seconds / 3600) + ' h';
  return Math.floor(seconds / 86400) + ' days';
}
function show(name, value) {
  const [unit, decimals] = unitOf(name);
  if (value === null) return '\\u2014';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object') return JSON.stringify(value);
  if (typeof value !== 'number') return value;
  if (unit === 's') return duration(value);
  const text = unit ? value.toFixed(decimals)
    : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  return unit ? text + ' ' + unit : text;
}
function title(name) {
  const parts = name.split('_');
  if (parts.length > 1 && dropped.includes(parts.at(-1))) parts.pop();
  const text = parts.map(part => Object.hasOwn(words, part) ? words[part] : part).join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
function age(milliseconds) {
  return duration(Math.max(0, Math.floor((Date.now() - milliseconds) / 1000))) + ' ago';
}
function card(reading) {
  const [, node, sensor] = reading.sensor_id.match(/^(?:([^:]*):)?(.*)$/s);
  const article = add(main, 'article');
  const head = add(article, 'div', undefined, 'head');
  add(head, 'h2', sensor);
  if (reading.simulated) add(head, 'span', 'simulated', 'badge');
  if (node) add(article, 'p', node, 'node');
  const list = add(article, 'dl');
  const values = Object.entries(reading.data)
    .filter(([name]) => name !== 'error' && name !== 'last_good_ms');
  for (const [name, value] of values) {
    add(list, 'dt', title(name));
    add(list, 'dd', show(name, value));
  }
  if (reading.data.error) {
    article.className = values.some(([, value]) => value !== null) ? 'partly' : 'failed';
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
    readings.sort((a, b) => a.sensor_id < b.sensor_id ? -1 : 1).forEach(card);
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
