// Fills the Tenfold tab of Locust's page. Everything that comes from outside becomes a text node, never markup.
(() => {
  'use strict';
  const TITLE = 'Tenfold', EVERY_MS = 1000;
  const MARKS = {kept: '✓ kept', broken: '✕ broken', waiting: '… too few samples'};
  const STATES = {idle: 'No run yet', preparing: 'Getting ready', running: 'Running', finished: 'Finished', aborted: 'Aborted',
    failed: 'Failed', stopped: 'Stopped'};

  function make(tag, about = {}, ...children) {
    const svg = ['svg', 'polyline'].includes(tag);
    const made = svg ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(about)) made.setAttribute(name, value);
    made.append(...children.filter(its => its !== null && its !== undefined && its !== ''));
    return made;
  }
  // a number and its unit are never parted by the end of a line (\u00a0)
  const time = s => s === null ? '–' : s < 0.001 ? `${(s * 1e6).toFixed(0)}\u00a0µs` : s < 1 ? `${(s * 1e3).toPrecision(3)}\u00a0ms` : `${s.toFixed(2)}\u00a0s`;
  const share = its => its ? `${(its * 100).toPrecision(3)}\u00a0%` : '0\u00a0%';
  function amount(value, unit) {
    if (value === null) return unit === 's' ? 'no answer' : '–';
    return unit === 's' ? time(value) : unit === 'ratio' ? share(value) : unit === 'per_s' ? `${value.toFixed(1)}/s` : value.toPrecision(3);
  }

  function stages(its) {
    const box = make('div', {class: 'stages', role: 'group', 'aria-label': 'stages of the plan'});
    for (const stage of its.stages || []) {
      const length = stage.end_s - stage.start_s;
      const done = Math.max(0, Math.min(1, (its.now_s - stage.start_s) / length));
      const now = stage.name === its.stage;
      box.append(make('div', {class: now ? 'stage now' : 'stage', style: `flex: ${length} 1 0`, ...(now ? {'aria-current': 'step'} : {}),
        title: `${stage.name}, ${stage.rate_per_s}/s, ${length} s${stage.warmup ? ', not judged' : ''}`},
        `${stage.name} · ${stage.rate_per_s}/s`, make('i', {style: `width: ${done * 100}%`})));
    }
    return box;
  }

  function tile(title, value, note) {
    return make('div', {class: 'tile'}, make('span', {class: 'mute'}, title), make('b', {}, value), make('span', {class: 'mute'}, note));
  }

  function tiles(its) {
    const last = (its.course || []).at(-1), names = {latency: 'p95 latency, from due', service_time: 'p95 service time, from sent', ttfb: 'p95 first byte, from sent'};
    const box = make('div', {class: 'tiles'});
    if (last) box.append(tile('offered', `${last[1]}/s`, 'planned in the last second'), tile('answered well', `${last[2]}/s`, last[3] ? `${last[3]}/s failed` : 'none failed'));
    for (const [name, found] of Object.entries(its.latencies || {}))
      box.append(tile(names[name] || `p95 ${name}`, time(found.p95), `p50\u00a0${time(found.p50)} · p99\u00a0${time(found.p99)}`));
    return box;
  }

  function chart(its) {
    const rows = its.course || [];
    if (rows.length < 2) return null;
    const highest = Math.max(1, ...rows.map(row => Math.max(row[1], row[2])));
    const from = rows[0][0], length = Math.max(1, rows.at(-1)[0] - from);
    const line = (place, name) => make('polyline', {class: name, points: rows.map(row => `${(row[0] - from) / length * 1000},${146 - row[place] / highest * 138}`).join(' ')});
    const failed = rows.some(row => row[3]) ? line(3, 'failed') : null;
    return make('div', {}, make('h3', {}, `Answered well against offered (dashed), per second, up to ${highest}/s`),
      make('svg', {viewBox: '0 0 1000 150', preserveAspectRatio: 'none', role: 'img', 'aria-label': 'rates offered and answered over the last two minutes'},
        ...[line(1, 'offered'), line(2, 'answered'), failed].filter(Boolean)));
  }

  function table(title, heads, rows) {
    if (!rows.length) return null;
    const body = rows.map(cells => make('tr', {}, ...cells.map(cell => cell instanceof Node ? make('td', {}, cell) : make('td', {}, String(cell)))));
    return make('div', {}, make('h3', {}, title), make('table', {}, make('thead', {}, make('tr', {}, ...heads.map(head => make('th', {scope: 'col'}, head)))), make('tbody', {}, ...body)));
  }

  function objectives(its) {
    return table('Promises, judged as the report will judge them', ['stage', 'promise', 'now', 'samples', ''],
      (its.objectives || []).map(one => [one.stage, `${one.title} of ${one.operation}: ${one.criterion}${one.aborts ? ' (ends the run)' : ''}`,
        amount(one.value, one.unit), `${one.samples} of ${one.needed}`, make('span', {class: one.standing}, MARKS[one.standing] || one.standing)]));
  }

  function health(its) {
    return table('The generator itself', ['worker', 'start lateness p99', 'CPU of a core', 'in flight', 'waiting'],
      (its.health || []).map(one => [one.worker, time(one.lateness_p99_s), share(one.cpu), one.in_flight.toFixed(1), one.waiting]));
  }

  function report(its) {
    const box = make('p', {});
    if (its.report.state === 'writing') box.append('The report is being written …');
    if (its.report.state === 'failed') box.append('The report could not be written; see the log.');
    if (its.report.state === 'ready')
      box.append(make('a', {class: 'report', id: 'tenfold-report', href: './tenfold/report', target: '_blank'}, 'Open the report'),
        make('a', {id: 'tenfold-download', href: './tenfold/report?download', download: ''}, 'download it'));
    for (const link of its.links || []) box.append(make('a', {href: link.url, target: '_blank', rel: 'noopener'}, link.title));
    return box;
  }

  function fill(box, its) {
    const alarms = [its.aborted, its.failure, ...(its.losses || []).map(one => one.sentence)].filter(Boolean);
    const parts = [
      make('h2', {}, its.title || TITLE),
      make('p', {class: 'mute', role: 'status'}, `${STATES[its.state] || its.state}${its.stage ? `: ${its.stage}` : ''}`,
        its.duration_s ? ` · ${Math.floor(its.now_s)} of ${its.duration_s} s` : '', its.run ? ` · ${its.run}` : ''),
      ...alarms.map(text => make('p', {class: 'alarm', role: 'alert'}, text)),
      report(its), stages(its), tiles(its), chart(its), objectives(its), health(its)];
    box.replaceChildren(...parts.filter(Boolean));
  }

  function place() {
    const tab = [...document.querySelectorAll('[role=tab]')].find(its => its.textContent === TITLE);
    const shown = tab && tab.getAttribute('aria-selected') === 'true';
    const old = document.getElementById('tenfold');
    if (!shown) { if (old) old.remove(); return null; }
    const host = tab.closest('[role=tablist]').closest('.MuiContainer-root') || document.body;
    if (old && old.parentElement === host) return old;
    if (old) old.remove();
    const box = make('section', {id: 'tenfold', 'aria-label': TITLE});
    host.append(box);
    return box;
  }

  async function look() {
    const box = place();
    if (box) {
      const [r, g, b] = (getComputedStyle(document.body).backgroundColor.match(/\d+/g) || [255, 255, 255]).map(Number);
      box.dataset.theme = r + g + b < 384 ? 'dark' : 'light';
      try {
        const answer = await fetch('./tenfold/state', {cache: 'no-store'});
        if (answer.ok) fill(box, await answer.json());
      } catch { /* Locust is ending, or the network is away: what was shown stays */ }
    }
    setTimeout(look, EVERY_MS);
  }

  document.addEventListener('click', () => setTimeout(place, 50));
  look();
})();
