// What a policy in JavaScript is written with. It came with `maple`; leave it as it is.

import { Case } from "./case.js";
import { Refusal } from "./finding.js";
import { Settings } from "./settings.js";

export { channels } from "./channels.js";
export { facts } from "./facts.js";
export { kinds } from "./kinds.js";
export { Case, Party } from "./case.js";
export { Field, Table } from "./settings.js";
export * from "./day.js";
export * from "./finding.js";

/**
 * A policy: what an author writes. The constructor takes the settings; it runs again for every case.
 * @typedef {object} Policy
 * @property {() => string[]} reads the keys of the facts that the policy reads; the host shares no others
 * @property {() => import("./contract.d.ts").Rule[]} rules the rules that findings may name
 * @property {() => import("./contract.d.ts").ReasonText[]} [reasons] texts where a rule's summary does not say enough
 * @property {(file: Case) => import("./contract.d.ts").Finding[]} assess findings; none when the policy does not apply
 */

/**
 * @typedef {{
 *   new (settings: import("./settings.js").Table, calendar: import("./contract.d.ts").Calendar): Policy,
 *   summary: import("./contract.d.ts").Text,
 * }} PolicyClass
 */

/** How many places of a stack the diary gets. */
const FRAMES_MAX = 16;

/**
 * The first place in the author's own sources, or nothing where there is none: ` at src/policy.js:27`.
 * @param {string[]} frames
 */
function place(frames) {
  for (const frame of frames) {
    const [, file, line] = /(?:^|[\s(/@])(src\/[^\s():]+):(\d+)/.exec(frame) ?? [];
    if (file !== undefined && !file.includes("vendor/")) return ` at ${file}:${line}`;
  }
  return "";
}

/**
 * The policy as the contract has it.
 * @param {PolicyClass} Policy
 * @param {string} id
 * @param {string} version
 * @param {{ write: (line: string) => void }} diary
 */
export function plugin(Policy, id, version, diary) {
  /** @type {Policy | undefined} */
  let policy;
  /** @template T @param {() => T} run @returns {T} */
  const told = (run) => {
    try {
      return run();
    } catch (error) {
      // What is thrown on purpose is an answer; the rest ends the sandbox, and its author reads why.
      const [what, stack] = error instanceof Error ? [`${error.name}: ${error.message}`, error.stack ?? ""] : [`${error}`, ""];
      const frames = stack.split("\n").filter((line) => line.includes(":") && line.trim() !== what);
      for (const line of frames.slice(0, FRAMES_MAX)) diary.write(line);
      diary.write(`panic: ${what.replaceAll("\n", " ")}${place(frames)}`);
      throw error;
    }
  };
  return {
    /** @param {import("./contract.d.ts").Setup} setup */
    configure(setup) {
      const settings = new Settings(setup.settings);
      const made = told(() => new Policy(settings.root, setup.calendar));
      const complaints = settings.finish();
      if (complaints.length > 0) throw complaints;
      policy = made;
    },
    describe() {
      return told(() => ({
        id,
        version,
        summary: Policy.summary,
        reads: policy?.reads() ?? [],
        rules: policy?.rules() ?? [],
        reasons: policy?.reasons?.() ?? [],
      }));
    },
    /** @param {import("./contract.d.ts").CaseFile} file */
    assess(file) {
      try {
        if (policy === undefined) throw new Refusal("not_configured", "asked before it was configured");
        return policy.assess(new Case(file));
      } catch (error) {
        if (error instanceof Refusal) throw { code: error.code, detail: error.message };
        return told(() => {
          throw error;
        });
      }
    },
  };
}
