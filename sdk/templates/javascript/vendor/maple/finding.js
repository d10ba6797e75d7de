// Findings, put together from their claims.

/** @typedef {import("./contract.d.ts").Claim} Claim */
/** @typedef {import("./contract.d.ts").Finding} Finding */
/** @typedef {import("./contract.d.ts").Rule} Rule */
/** @typedef {import("./contract.d.ts").Value} Value */
/** @typedef {boolean | number | string | string[] | import("./contract.d.ts").Day | Value} Loose */
/** @typedef {Record<string, Loose>} Params */

/** A text in both languages. @param {string} zh @param {string} en */
export const text = (zh, en) => ({ zh, en });

/** An amount in minor units (fen, pence, cents) as a value. @param {number} minor @returns {Value} */
export const money = (minor) => ({ tag: "money", val: minor });

/** A rule with what it does and the provisions that it rests on. @param {string} id @param {import("./contract.d.ts").Text} summary @param {string[]} basis @returns {Rule} */
export const rule = (id, summary, ...basis) => ({ id, summary, basis });

/**
 * A claim made by a rule. Reason and basis are the rule's own until said otherwise.
 * @param {string} id
 * @param {Claim} claim
 * @param {{ evidence?: string[], basis?: string[], reason?: string, params?: Params }} [more]
 * @returns {Finding}
 */
export function finding(id, claim, { evidence = [], basis = [], reason = "", params = {} } = {}) {
  return { rule: id, claim, reason: { code: reason, params: toFacts(params) }, basis, evidence };
}

/**
 * A step on offer.
 * @param {string} channel
 * @param {{ body?: string, skills?: string[], due?: import("./contract.d.ts").Due, weight?: number, chargeable?: boolean }} [more]
 * @returns {Claim}
 */
export const offer = (channel, { body, skills = [], due, weight = 0, chargeable = false } = {}) => ({
  tag: "offer",
  val: { channel, body, skills, due, weight, chargeable },
});

/** Moves a channel that is on offer up or down among its class, -100 to 100. @param {string} channel @param {number} weight @returns {Claim} */
export const prefer = (channel, weight) => ({ tag: "prefer", val: { channel, weight } });

/** One channel must be tried before another. @param {string} first @param {string} before @returns {Claim} */
export const requireFirst = (first, before) => ({ tag: "require-first", val: { first, before } });

/** Closes a channel. @param {string} channel @returns {Claim} */
export const forbid = (channel) => ({ tag: "forbid", val: { tag: "channel", val: channel } });

/** Closes every channel of a class, such as `facilitative`. @param {string} name @returns {Claim} */
export const forbidClass = (name) => ({ tag: "forbid", val: { tag: "class", val: name } });

/** Something that somebody must do. @param {string} code @param {{ bearer?: string, params?: Params }} [more] @returns {Claim} */
export const duty = (code, { bearer, params = {} } = {}) => ({ tag: "duty", val: { code, bearer, params: toFacts(params) } });

/** A time limit that runs from a day, which is not counted. @param {string} code @param {import("./contract.d.ts").Day} start @param {import("./contract.d.ts").Span} span @param {number[]} [warn] @returns {Claim} */
export const clock = (code, start, span, warn = []) => ({ tag: "clock", val: { code, start, span, warn } });

/**
 * Something to watch or prevent. It is never about a person.
 * @param {string} code
 * @param {import("./contract.d.ts").Level} level
 * @param {import("./contract.d.ts").Subject} subject
 * @param {{ measures?: string[], responsible?: string, handleWithin?: import("./contract.d.ts").Span }} [more]
 * @returns {Claim}
 */
export const signal = (code, level, subject, { measures = [], responsible, handleWithin } = {}) => ({
  tag: "signal",
  val: { code, level, subject, measures, responsible, handleWithin },
});

/** A fact for policies asked later. @param {string} key @param {Loose} value @returns {Claim} */
export const derive = (key, value) => ({ tag: "derive", val: { key, value: toValue(value) } });

/** A person must decide; the code says why. @param {string} code @returns {Claim} */
export const refer = (code) => ({ tag: "refer", val: code });

/** Thrown by `assess`: the policy cannot answer this case; a person will. */
export class Refusal extends Error {
  /** @param {string} code a word for referrals @param {string} detail for an operator; holds no facts */
  constructor(code, detail) {
    super(detail);
    this.code = code;
  }
}

/** @param {Params} params */
const toFacts = (params) => Object.entries(params).map(([key, value]) => ({ key, value: toValue(value) }));

/** @param {Loose} value @returns {Value} */
function toValue(value) {
  if (typeof value === "boolean") return { tag: "flag", val: value };
  if (typeof value === "number") return { tag: "number", val: value };
  if (typeof value === "string") return { tag: "text", val: value };
  if (Array.isArray(value)) return { tag: "words", val: value };
  return "tag" in value ? value : { tag: "day", val: value };
}
