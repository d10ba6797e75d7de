// Where a JSON pointer leads in a text, also when the text is not yet sound.

const SPACE = /[ \t\r\n]*/y;
const TEXT = /"(?:\\[^]|[^"\\])*"/y;
const WORD = /[^\s,[\]{}":]+/y;

class Scan {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.found = new Map();
  }

  take(pattern) {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match) this.at = pattern.lastIndex;
    return match && match[0];
  }

  next(char) {
    this.take(SPACE);
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  // False where the text stops being JSON.
  value(pointer, from) {
    this.take(SPACE);
    const start = from ?? this.at;
    this.found.set(pointer, [start, this.at]);
    let sound = true;
    if (this.next('{')) sound = this.members(pointer);
    else if (this.next('[')) sound = this.items(pointer);
    else sound = Boolean(this.take(TEXT) || this.take(WORD));
    this.found.set(pointer, [start, this.at]);
    return sound;
  }

  members(pointer) {
    if (this.next('}')) return true;
    do {
      this.take(SPACE);
      const from = this.at;
      const key = this.take(TEXT);
      if (!key || !this.next(':')) return false;
      if (!this.value(`${pointer}/${escaped(key)}`, from)) return false;
    } while (this.next(','));
    return this.next('}');
  }

  items(pointer) {
    if (this.next(']')) return true;
    let item = 0;
    do {
      if (!this.value(`${pointer}/${item}`)) return false;
      item += 1;
    } while (this.next(','));
    return this.next(']');
  }
}

function escaped(key) {
  try {
    return JSON.parse(key).replaceAll('~', '~0').replaceAll('/', '~1');
  } catch {
    return key.slice(1, -1);
  }
}

/** Every place of a JSON text: pointer to [start, end], members from their key on. */
export function places(text) {
  const scan = new Scan(text);
  scan.value('');
  return scan.found;
}

/** The offset that a pointer leads to; of what is missing, that of what it is missing in. */
export function offsetOf(found, pointer) {
  for (let path = pointer; ; path = path.slice(0, path.lastIndexOf('/'))) {
    const place = found.get(path);
    if (place) return place[0];
    if (!path) return 0;
  }
}

/** Line and column, both from 1, of an offset. */
export function lineOf(text, offset) {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(start)].length + 1 };
}

/** The offset of a line and column, columns in characters. */
export function offsetAt(text, line, column) {
  let start = 0;
  for (let at = 1; at < line; at += 1) {
    const next = text.indexOf('\n', start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  const end = text.indexOf('\n', start);
  const content = text.slice(start, end < 0 ? undefined : end);
  return start + [...content].slice(0, column - 1).join('').length;
}
