import assert from "node:assert/strict";
import { test } from "node:test";

import Policy from "../src/policy.js";
import { ask, complaints, offers } from "../vendor/maple/testing.js";

test("from ten people on the county is offered", () => {
  for (const [people, offered] of [[9, []], [10, ["labour_mediation/county"]]]) {
    const findings = ask(Policy, { "people-min": 10 }, { kind: "labour.wage", facts: { people } });
    assert.deepEqual(offers(findings), offered, `${people} people`);
  }
});

test("every mistake in the settings is told at once", () => {
  assert.deepEqual(complaints(Policy, { "people-min": 0, people: 5 }), [
    "people-min: `people-min` must be a whole number from 1 to 10000, not `0`",
    "people: `people` is not a setting here",
  ]);
});
