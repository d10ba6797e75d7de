// Asking a policy questions under plain `node --test`, without a sandbox.

import { plugin } from "./index.js";

const TODAY = { year: 2026, month: 11, day: 23 };
/** @type {{ write: (line: string) => void }} */
const DIARY = { write: (line) => console.error(`diary: ${line}`) };

/** Settings as nodes, the root first. @param {unknown} tree @param {any[]} nodes */
function push(tree, nodes) {
  const at = nodes.push(undefined) - 1;
  if (typeof tree === "boolean") nodes[at] = { tag: "flag", val: tree };
  else if (typeof tree === "number") nodes[at] = { tag: "number", val: tree };
  else if (typeof tree === "string") nodes[at] = { tag: "text", val: tree };
  else if (Array.isArray(tree)) nodes[at] = { tag: "items", val: tree.map((item) => push(item, nodes)) };
  else {
    const entries = Object.entries(/** @type {object} */ (tree)).map(([key, value]) => [key, push(value, nodes)]);
    nodes[at] = { tag: "table", val: entries };
  }
  return at;
}

/** @param {unknown} value */
function toValue(value) {
  if (typeof value === "boolean") return { tag: "flag", val: value };
  if (typeof value === "number") return { tag: "number", val: value };
  if (typeof value === "string") return { tag: "text", val: value };
  if (Array.isArray(value)) return { tag: "words", val: value };
  const object = /** @type {object} */ (value);
  return "tag" in object ? object : { tag: "day", val: object };
}

/** @param {Record<string, unknown>} facts @param {string[]} reads */
function shared(facts, reads) {
  const keys = Object.keys(facts).filter((key) => reads.includes(key)).sort();
  return keys.map((key) => ({ key, value: toValue(facts[key]) }));
}

/** The complaints about settings as `path: message`, none when they are fine. @param {import("./index.js").PolicyClass} Policy @param {object} settings @returns {string[]} */
export function complaints(Policy, settings) {
  try {
    configured(Policy, settings);
    return [];
  } catch (error) {
    if (!Array.isArray(error)) throw error;
    return error.map(({ path, message }) => `${path}: ${message}`);
  }
}

/** @param {import("./index.js").PolicyClass} Policy @param {object} settings */
function configured(Policy, settings) {
  /** @type {any[]} */
  const nodes = [];
  push(settings, nodes);
  const made = plugin(Policy, "test", "0.1.0", DIARY);
  made.configure({ settings: nodes, calendar: { weekend: [6, 7], daysOff: [], daysOn: [] } });
  return made;
}

/**
 * Asks a policy as the host would: it sees only the facts that it says it reads.
 * @param {import("./index.js").PolicyClass} Policy
 * @param {object} settings
 * @param {{ kind: string, facts?: Record<string, unknown>, parties?: { role: string, type?: string, facts?: Record<string, unknown> }[] }} given
 * @returns {import("./contract.d.ts").Finding[]}
 */
export function ask(Policy, settings, { kind, facts = {}, parties = [] }) {
  const made = configured(Policy, settings);
  const { reads, rules } = made.describe();
  const findings = made.assess(/** @type {any} */ ({
    purposes: { routing: true, prevention: true },
    locality: "cn",
    kind,
    source: "hotline",
    day: TODAY,
    filed: TODAY,
    facts: shared(facts, reads),
    parties: parties.map((party) => ({
      role: party.role,
      partyType: party.type ?? "natural",
      facts: shared(party.facts ?? {}, reads),
    })),
  }));
  for (const { rule, evidence } of findings) {
    if (!rules.some(({ id }) => id === rule)) throw new Error(`\`${rule}\` is not among the rules`);
    for (const key of evidence) if (!reads.includes(key)) throw new Error(`\`${key}\` is not among the facts that it reads`);
  }
  return findings;
}

/** The channels on offer, as `channel` or `channel/body`. @param {import("./contract.d.ts").Finding[]} findings */
export function offers(findings) {
  return findings.flatMap(({ claim }) => {
    if (claim.tag !== "offer") return [];
    const { channel, body } = claim.val;
    return [body === undefined ? channel : `${channel}/${body}`];
  });
}
