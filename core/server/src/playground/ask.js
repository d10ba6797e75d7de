// Asks the server while somebody types: after a pause, one question at a time, and only the last one counts.

import { lineOf, offsetOf, places } from './places.js';

const PAUSE_MS = 180;
const AGAIN_MS = 1_500;

/** The body of a preview. The case goes as it was typed, so that the server reads what the author sees. */
export function body(table, question) {
  const open = question.indexOf('{');
  if (open < 0 || question.slice(0, open).trim()) return { text: question, open: -1, added: 0 };
  const found = places(question);
  const fields = [`"table":${JSON.stringify(table)}`];
  if (!found.has('/explain')) fields.push('"explain":true');
  const empty = question.slice(open + 1).trimStart().startsWith('}');
  const added = fields.join(',') + (empty ? '' : ',');
  return { text: question.slice(0, open + 1) + added + question.slice(open + 1), open, added: [...added].length };
}

export class Asker {
  constructor({ texts, began, answered }) {
    Object.assign(this, { texts, began, answered });
    this.wanted = 0;
    this.underWay = false;
  }

  /** Something changed: ask when the typing pauses. */
  soon(pause = PAUSE_MS) {
    this.wanted += 1;
    this.later(pause);
    this.began();
  }

  later(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.ask();
    }, pause);
  }

  async ask() {
    if (this.underWay) return;
    this.underWay = true;
    const turn = this.wanted;
    const { table, question } = this.texts();
    const sent = body(table, question);
    const began = performance.now();
    let answer;
    try {
      const response = await fetch('v1/preview', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: sent.text,
      });
      const text = await response.text();
      answer = { status: response.status, json: JSON.parse(text), wait: response.headers.get('retry-after') };
    } catch {
      answer = { status: 0 };
    }
    this.underWay = false;
    // Whatever was typed meanwhile makes this answer old.
    if (turn !== this.wanted) {
      if (!this.timer) this.ask();
      return;
    }
    if (answer.status === 0 || answer.status === 503) this.later(answer.wait ? answer.wait * 1000 : AGAIN_MS);
    this.answered(answer, { sent, question, ms: performance.now() - began });
  }
}

/** The bad fields of a problem, each with the editor it belongs to and its line and column there. */
export function flaws(problem, { sent, question }) {
  const found = places(question);
  const start = sent.open < 0 ? null : lineOf(question, sent.open);
  return (problem.errors ?? []).map((error) => {
    const words = {
      zh: error.detail_zh.replace(/^第\d+行第\d+列：/, ''),
      en: error.detail.replace(/^line \d+, column \d+: /, ''),
    };
    if (error.file !== undefined || error.pointer === '/table') {
      const mine = error.pointer === '/table';
      return { editor: 'table', ...words, code: error.code, line: mine ? error.line : undefined, column: error.column };
    }
    if (error.pointer === '' && error.line) {
      const shifted = start && error.line === start.line && error.column > start.column;
      const column = shifted ? Math.max(start.column, error.column - sent.added) : error.column;
      return { editor: 'case', ...words, code: error.code, line: error.line, column };
    }
    return { editor: 'case', ...words, code: error.code, ...lineOf(question, offsetOf(found, error.pointer)) };
  });
}
