// An editor: a plain text area over its own text, painted, with numbered lines that can be marked.

import { paint } from './paint.js';
import { offsetAt } from './places.js';

// Beyond these a text is shown plain, so that typing stays quick.
const PAINTED_CHARS_MAX = 120_000;
const PAINTED_LINES_MAX = 3_000;

const WORD = /"[^"\n]*"?|[\p{L}\p{N}_.*-]+/uy;

export class Editor {
  constructor(area, kind, changed) {
    this.area = area;
    this.kind = kind;
    this.box = area.closest('.editor');
    this.lines = this.box.querySelector('.lines');
    this.shown = [];
    this.marks = new Set();
    area.addEventListener('input', () => {
      this.draw();
      changed();
    });
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.box.scrollTop = 0;
    this.marks.clear();
    this.draw();
  }

  draw() {
    const { text } = this;
    const plain = text.length > PAINTED_CHARS_MAX || text.split('\n').length > PAINTED_LINES_MAX;
    this.box.classList.toggle('plain', plain);
    const lines = plain ? [] : paint(this.kind, text);
    const wanted = lines.map((parts) => JSON.stringify(parts));
    const [same, rest] = alike(this.shown, wanted);
    const old = [...this.lines.children].slice(same, this.shown.length - rest);
    const fresh = lines.slice(same, wanted.length - rest).map(drawn);
    const before = this.lines.children[this.shown.length - rest] ?? null;
    old.forEach((line) => line.remove());
    fresh.forEach((line) => this.lines.insertBefore(line, before));
    this.shown = wanted;
    this.remark();
  }

  /** Marks lines, numbered from 1, as wrong. */
  mark(lines) {
    this.marks = new Set(lines);
    this.area.setAttribute('aria-invalid', String(this.marks.size > 0));
    this.remark();
  }

  remark() {
    [...this.lines.children].forEach((line, at) => line.classList.toggle('wrong', this.marks.has(at + 1)));
  }

  /** Selects the word at a place and brings it into view. */
  go(line, column = 1) {
    const start = offsetAt(this.text, line, column);
    WORD.lastIndex = start;
    const word = WORD.exec(this.text);
    this.area.focus();
    this.area.setSelectionRange(start, start + (word ? word[0].length : 0));
    this.lines.children[line - 1]?.scrollIntoView({ block: 'nearest' });
  }
}

// How many lines are the same at the beginning and at the end.
function alike(old, fresh) {
  const most = Math.min(old.length, fresh.length);
  let same = 0;
  while (same < most && old[same] === fresh[same]) same += 1;
  let rest = 0;
  while (rest < most - same && old[old.length - 1 - rest] === fresh[fresh.length - 1 - rest]) rest += 1;
  return [same, rest];
}

function drawn(parts) {
  const line = document.createElement('div');
  for (const [what, text] of parts) {
    const part = document.createElement('span');
    if (what) part.className = what;
    part.textContent = text;
    line.append(part);
  }
  if (!parts.length) line.append('\u200b');
  return line;
}
