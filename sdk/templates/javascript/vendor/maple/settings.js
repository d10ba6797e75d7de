// Reading settings so that every mistake is told at once, with its place.
//
// A reader gives undefined both for what is absent and for what is wrong; what is wrong is noted with its path, such as
// `levels[2].days`, and so is every key that nobody asked for. Carry on with any value: with one complaint or more the
// host throws the result away and shows them all.

import { span as spanOf } from "./day.js";

/** @typedef {import("./contract.d.ts").Setting} Setting */
/** @typedef {import("./contract.d.ts").Complaint} Complaint */

/** How many complaints are kept; the rest is counted in a last one. */
export const COMPLAINTS_MAX = 100;
/** How long a word of the vocabulary may be. */
export const CODE_BYTES_MAX = 64;

const SHAPES = {
  flag: "true or false", number: "this number", text: "this text", day: "a day", items: "a list", table: "a table",
};

/** The settings of a policy and the complaints about them. */
export class Settings {
  /** @param {Setting[]} nodes as they come over the border */
  constructor(nodes) {
    this.nodes = nodes;
    /** @type {Complaint[]} */
    this.complaints = [];
    this.leftOut = 0;
    /** @type {Table[]} */
    this.tables = [];
    this.root = new Table(this, 0, "");
  }

  /** Every complaint, in the order of discovery. */
  finish() {
    for (const table of this.tables) table.complainOfRest();
    if (this.leftOut > 0) {
      this.complaints.push({ path: "", message: `${this.leftOut} more problems are not shown` });
    }
    return this.complaints;
  }

  /** @param {string} path @param {string} message @param {string} [advice] */
  note(path, message, advice) {
    if (this.complaints.length < COMPLAINTS_MAX) this.complaints.push({ path, message, advice });
    else this.leftOut += 1;
  }
}

/** One table of the settings. A key that was never asked for is complained about. */
export class Table {
  /** @param {Settings} settings @param {number} at @param {string} path */
  constructor(settings, at, path) {
    const node = settings.nodes[at];
    this.settings = settings;
    this.path = path;
    /** @type {Map<string, number>} */
    this.inside = new Map(node?.tag === "table" ? node.val : []);
    /** @type {string[]} */
    this.known = [];
    this.open = false;
    settings.tables.push(this);
  }

  /** A setting that may be absent. @param {string} key */
  get(key) {
    this.known.push(key);
    return new Field(this.settings, this.inside.get(key), this.path === "" ? key : `${this.path}.${key}`);
  }

  /** A setting that must be there. @param {string} key */
  need(key) {
    const field = this.get(key);
    if (!field.present) field.complain("is missing");
    return field;
  }

  /** Every key with its setting, for tables whose keys the author of the policy chooses. @returns {[string, Field][]} */
  entries() {
    this.open = true;
    return [...this.inside.keys()].map((key) => [key, this.get(key)]);
  }

  complainOfRest() {
    if (this.open) return;
    for (const key of this.inside.keys()) {
      if (this.known.includes(key)) continue;
      const path = this.path === "" ? key : `${this.path}.${key}`;
      this.settings.note(path, `\`${key}\` is not a setting here`, advise(key, this.known));
    }
  }
}

/** One setting, present or not. */
export class Field {
  /** @param {Settings} settings @param {number | undefined} at @param {string} path */
  constructor(settings, at, path) {
    this.settings = settings;
    /** @type {Setting | undefined} */
    this.raw = at === undefined ? undefined : settings.nodes[at];
    this.at = at ?? 0;
    /** Where the setting is, such as `levels[2].days`. */
    this.path = path;
  }

  /** True when the setting is there, right or wrong. */
  get present() {
    return this.raw !== undefined;
  }

  /** Notes a problem; `message` follows the setting's name ("is missing"). @param {string} message @param {string} [advice] */
  complain(message, advice) {
    this.settings.note(this.path, `\`${this.path.split(".").at(-1)}\` ${message}`, advice);
  }

  /** @template T @param {string} expected @param {(raw: Setting) => T | undefined} take @returns {T | undefined} */
  read(expected, take) {
    if (this.raw === undefined) return undefined;
    const value = take(this.raw);
    if (value === undefined) this.complain(`must be ${expected}, not ${SHAPES[this.raw.tag]}`);
    return value;
  }

  /** A text, not empty. */
  text() {
    return this.read("a text", (raw) => (raw.tag === "text" && raw.val !== "" ? raw.val : undefined));
  }

  /** A word of the vocabulary: small letters, digits and `_`, with `.`, `-` and `/` between them. */
  code() {
    const text = this.text();
    if (text === undefined || (text.length <= CODE_BYTES_MAX && /^[a-z0-9_.\-/]+$/.test(text))) return text;
    this.complain(`is not a word of the vocabulary: \`${text}\``, "small letters, digits and `_` only");
    return undefined;
  }

  /** Yes or no. */
  flag() {
    return this.read("true or false", (raw) => (raw.tag === "flag" ? raw.val : undefined));
  }

  /** A finite number. */
  number() {
    return this.read("a number", (raw) => (raw.tag === "number" && Number.isFinite(raw.val) ? raw.val : undefined));
  }

  /** A whole number within bounds. @param {number} least @param {number} most */
  count(least, most) {
    const number = this.number();
    if (number === undefined || (Number.isInteger(number) && number >= least && number <= most)) return number;
    this.complain(`must be a whole number from ${least} to ${most}, not \`${number}\``);
    return undefined;
  }

  /** A day. */
  day() {
    return this.read("a day", (raw) => (raw.tag === "day" ? raw.val : undefined));
  }

  /** A length of time: `"15 days"`. */
  span() {
    const expected = "a length of time such as `15 days`";
    return this.read(expected, (raw) => (raw.tag === "text" ? spanOf(raw.val) : undefined));
  }

  /** An amount in minor units: `"500.00"`. */
  money() {
    return this.read("an amount such as `500.00`", (raw) => {
      const found = raw.tag === "text" ? /^(-?)([0-9]{1,13})(?:\.([0-9]{1,2}))?$/.exec(raw.val) : null;
      if (found === null) return undefined;
      const minor = Number(found[2]) * 100 + Number((found[3] ?? "0").padEnd(2, "0"));
      return found[1] === "-" ? -minor : minor;
    });
  }

  /** A text in both languages: a table of `zh` and `en`. */
  both() {
    const table = this.table();
    const [zh, en] = [table?.need("zh").text(), table?.need("en").text()];
    return zh === undefined || en === undefined ? undefined : { zh, en };
  }

  /** A table. */
  table() {
    return this.read("a table", (raw) => (raw.tag === "table" ? new Table(this.settings, this.at, this.path) : undefined));
  }

  /** The settings of a list. @returns {Field[]} */
  items() {
    const places = this.read("a list", (raw) => (raw.tag === "items" ? Array.from(raw.val) : undefined)) ?? [];
    return places.map((at, index) => new Field(this.settings, at, `${this.path}[${index}]`));
  }

  /** The tables of a list. */
  tables() {
    return this.items().map((item) => item.table()).filter((table) => table !== undefined);
  }

  /** The words of a list, or a single word as a list of one. */
  codes() {
    const items = this.raw?.tag === "text" ? [this] : this.items();
    return items.map((item) => item.code()).filter((code) => code !== undefined);
  }
}

/** The nearest word, or all of them. @param {string} word @param {string[]} known */
function advise(word, known) {
  const far = known.map((k) => /** @type {const} */ ([distance(word, k), k]));
  const [near] = far.filter(([d, k]) => d <= 1 + Math.floor(k.length / 4)).sort(([a], [b]) => a - b);
  if (near !== undefined) return `did you mean \`${near[1]}\`?`;
  return known.length === 0 ? undefined : `known here: \`${known.join("`, `")}\``;
}

/** How many letters differ (Levenshtein). @param {string} a @param {string} b */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      next.push(Math.min(row[j] + (a[i] === b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1));
    }
    row = next;
  }
  return row[b.length];
}
