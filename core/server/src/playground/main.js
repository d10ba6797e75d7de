// The page: two editors, what the server answers, and the language it is told in.

import { AccountView } from './account.js';
import { Asker, body, flaws } from './ask.js';
import { DecisionView, h } from './decision.js';
import { Editor } from './editor.js';
import { paint } from './paint.js';
import { keepDraft, keptDraft, link, linked } from './share.js';
import { Words, firstLanguage } from './words.js';

const $ = (id) => document.getElementById(id);
const SLOW_MS = 150;
const TOLD_MS = 2_500;

const words = new Words();
const editors = { table: new Editor($('table'), 'toml', typed), case: new Editor($('case'), 'json', typed) };
const asker = new Asker({ texts, began, answered });
const laws = new Map();
let examples = [];
let reply = null; // the last decision
let last = null; // the last answer of any kind
let problems = [];

start();

async function start() {
  const shared = await linked();
  words.language = shared?.language ?? firstLanguage();
  speak();
  const [vocabulary, given] = await Promise.all([get('v1/vocabulary'), get('playground/examples.json')]);
  if (vocabulary) words.learn(vocabulary);
  // Another house's policies may not know the places of the examples.
  examples = (given ?? []).filter((example) => words.has('localities', example.question.case.locality));
  const begin = shared ?? keptDraft() ?? (examples[0] && { example: examples[0].id, ...texted(examples[0]) });
  list(begin?.example ?? '');
  editors.table.text = begin?.table ?? '';
  editors.case.text = begin?.question ?? '';
  note();
  asker.soon(0);
}

async function get(path) {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

function texts() {
  return { table: editors.table.text, question: editors.case.text };
}

function texted({ table, question }) {
  return { table: `${table.join('\n')}\n`, question: `${pretty(question)}\n` };
}

// JSON with what fits kept on one line, as a person writes it.
function pretty(value, indent = '') {
  const flat = JSON.stringify(value, null, 1)?.replace(/\n\s*/g, ' ');
  if (flat === undefined || (indent && flat.length + indent.length <= 64) || typeof value !== 'object') return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + pretty(item, inner)).join(',\n')}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pretty(item, inner)}`);
  return `{\n${members.join(',\n')}\n${indent}}`;
}

/* Typing and answers */

function typed() {
  if (location.hash) history.replaceState(null, '', location.pathname + location.search);
  const chosen = examples.find((example) => example.id === $('examples').value);
  const { table, question } = texts();
  const same = chosen && texted(chosen).table === table && texted(chosen).question === question;
  if (!same) $('examples').value = '';
  note();
  keepDraft({ table, question, example: $('examples').value });
  asker.soon();
}

let slow = null;

function began() {
  clearTimeout(slow);
  $('answer').setAttribute('aria-busy', 'true');
  slow = setTimeout(() => state('pending', words.say.updating), SLOW_MS);
}

function answered(answer, asked) {
  clearTimeout(slow);
  $('answer').setAttribute('aria-busy', 'false');
  last = { ...answer, ms: Math.max(1, Math.round(asked.ms)), asked };
  if (answer.status === 200) reply = answer.json;
  problems = answer.status === 200 || !answer.json ? [] : flaws(answer.json, asked);
  show();
  announce();
}

/* Showing */

function show() {
  showProblems();
  showState();
  showDecision();
  if (!$('panel-json').hidden) showJson();
}

function showState() {
  const { say } = words;
  if (!last) return;
  if (last.status === 200) state('fresh', say.fresh(last.ms));
  else if (last.status === 0) state('error', say.unreachable);
  else if (last.status === 503) state('error', say.busy);
  else if (reply) state('behind', say.behind);
  else state('error', last.json ? words.of({ zh: last.json.title_zh, en: last.json.title }) : '');
}

function state(kind, text) {
  $('state').dataset.state = kind;
  $('state').textContent = text;
  $('answer').classList.toggle('old', kind === 'pending' || kind === 'behind' || kind === 'error');
}

function showDecision() {
  if (!reply) {
    $('decision').replaceChildren(h('p', 'empty', last ? words.say.none_yet : words.say.waiting));
    $('account').replaceChildren();
    return;
  }
  $('decision').replaceChildren(...new DecisionView(words, reply).all());
  $('account').replaceChildren(...new AccountView(words, reply).all());
}

function showProblems() {
  const { say } = words;
  const general = problems.length || !last?.json || last.status === 200 ? [] : [unplaced(last.json)];
  for (const name of ['table', 'case']) {
    const mine = [...problems, ...general].filter((problem) => problem.editor === name);
    editors[name].mark(mine.map((problem) => problem.line).filter(Boolean));
    $(`${name}-tally`).textContent = mine.length ? say.tally(mine.length) : '';
    $(`${name}-problems`).replaceChildren(...mine.map((problem) => h('li', '', shown(problem, name))));
  }
}

// A problem of the whole, such as a body that is too large.
function unplaced(problem) {
  return { editor: 'table', zh: problem.detail_zh, en: problem.detail, code: '' };
}

function shown(problem, name) {
  const button = h(
    'button',
    'problem',
    problem.line ? h('span', 'at', words.say.line(problem.line)) : null,
    h('span', 'text', ...quoted(words.of(problem))),
    problem.code ? h('code', 'code', problem.code) : null,
  );
  button.type = 'button';
  // The compiler speaks English; what stands above is its gist.
  if (words.language === 'zh' && name === 'table') button.title = problem.en;
  button.addEventListener('click', () => editors[name].go(problem.line ?? 1, problem.column));
  return button;
}

// Words in backticks become code.
function quoted(text) {
  return text.split('`').map((part, at) => (at % 2 ? h('code', '', part) : part));
}

function showJson() {
  const text = last?.json ? JSON.stringify(last.json, null, 2) : '';
  const parts = paint('json', text).flatMap((line) => [
    ...line.map(([what, piece]) => (what ? h('span', what, piece) : piece)),
    '\n',
  ]);
  $('json').replaceChildren(...parts);
}

function announce() {
  const { say } = words;
  if (last.status === 200) {
    const { outcome, referral, steps } = reply.decision;
    const first = steps[0] ? words.title('channels', steps[0].channel) : '';
    tell(outcome === 'refer' && referral ? say.told.refer(words.of(referral.text)) : say.told.route(steps.length, first));
  } else if (problems.length) {
    const [first] = problems;
    const where = first.line ? `${say.line(first.line)}${say.colon}` : '';
    tell(say.told.problems(problems.length, where + words.of(first)));
  }
}

function tell(text) {
  if ($('live').textContent !== text) $('live').textContent = text;
}

/* Language */

function speak() {
  const { say } = words;
  document.documentElement.lang = words.language === 'zh' ? 'zh-CN' : 'en';
  document.title = say.page;
  for (const element of document.querySelectorAll('[data-say]')) element.textContent = say[element.dataset.say];
  for (const element of document.querySelectorAll('[data-label]')) {
    element.setAttribute('aria-label', say[element.dataset.label]);
  }
  for (const language of ['zh', 'en']) $(language).setAttribute('aria-pressed', String(words.language === language));
  list($('examples').value);
  note();
  show();
}

function list(chosen) {
  const option = (id, text) => {
    const element = h('option', '', text);
    element.value = id;
    return element;
  };
  $('examples').replaceChildren(
    ...examples.map((example) => option(example.id, words.of(example.title))),
    option('', words.say.own),
  );
  $('examples').value = chosen;
}

function note() {
  const example = examples.find((known) => known.id === $('examples').value);
  $('note').textContent = example ? words.of(example.note) : '';
}

for (const language of ['zh', 'en']) {
  $(language).addEventListener('click', () => {
    words.keep(language);
    speak();
    if (last) announce();
  });
}

/* Examples, links, copies */

$('examples').addEventListener('change', () => {
  const example = examples.find((known) => known.id === $('examples').value);
  const next = example ? texted(example) : { table: '', question: editors.case.text };
  editors.table.text = next.table;
  editors.case.text = next.question;
  typed();
});

$('share').addEventListener('click', async () => {
  const url = await link({ ...texts(), language: words.language });
  history.replaceState(null, '', url);
  copy($('share'), url, words.say.shared);
});

$('copy-json').addEventListener('click', () => {
  copy($('copy-json'), last?.json ? JSON.stringify(last.json, null, 2) : '', words.say.copied);
});

$('copy-curl').addEventListener('click', () => {
  const { table, question } = texts();
  const data = body(table, question).text.replaceAll("'", "'\\''");
  const url = new URL('v1/preview', document.baseURI);
  copy($('copy-curl'), `curl -s ${url} -H 'content-type: application/json' -d '${data}'`, words.say.copied);
});

async function copy(button, text, done) {
  let said = done;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyBySelection(text)) said = words.say.not_copied;
    button.focus();
  }
  tell(said);
  button.dataset.told = said;
  setTimeout(() => delete button.dataset.told, TOLD_MS);
}

// Where the page is not served securely, browsers know only this way.
function copyBySelection(text) {
  const area = h('textarea', 'hidden');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}

/* Tabs */

const tabs = ['decision', 'json'];

function open(name) {
  for (const tab of tabs) {
    const chosen = tab === name;
    $(`tab-${tab}`).setAttribute('aria-selected', String(chosen));
    $(`tab-${tab}`).tabIndex = chosen ? 0 : -1;
    $(`panel-${tab}`).hidden = !chosen;
  }
  if (name === 'json') showJson();
}

tabs.forEach((name, at) => {
  $(`tab-${name}`).addEventListener('click', () => open(name));
  $(`tab-${name}`).addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const end = { Home: 0, End: tabs.length - 1 }[event.key];
    const next = tabs[end ?? (at + (step ?? 0) + tabs.length) % tabs.length];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    open(next);
    $(`tab-${next}`).focus();
  });
});

/* What an article says */

$('answer').addEventListener('click', async (event) => {
  const button = event.target.closest('button.law');
  if (!button) return;
  const line = button.closest('p');
  const old = line.nextElementSibling;
  const shown = old?.classList.contains('article') && old.dataset.provision === button.dataset.provision;
  if (old?.classList.contains('article')) old.remove();
  for (const other of line.querySelectorAll('button.law')) other.setAttribute('aria-expanded', 'false');
  if (shown) return;
  button.setAttribute('aria-expanded', 'true');
  const id = button.dataset.provision;
  if (!laws.has(id)) laws.set(id, await get(`v1/provisions/${encodeURIComponent(id)}`));
  const law = laws.get(id);
  if (law) line.after(article(law));
});

function article(law) {
  const { say } = words;
  const facts = [say.in_force(law.from, law.to), law.verified ? say.verified : say.unverified];
  const note = h(
    'div',
    'article',
    h('p', '', words.of(law.summary)),
    h('p', 'small', `${facts.join(say.semi)} · `, h('code', '', law.id)),
  );
  note.dataset.provision = law.id;
  return note;
}
