// Ten or more people with one labour claim: the county mediates within seven days, unless arbitration has decided.

import { channels, facts, finding, offer, rule, text, within } from "../vendor/maple/index.js";

export default class ManyWorkers {
  static summary = text(
    "十人以上的劳动争议，县级调解七日内办结",
    "Labour disputes of ten or more people: county mediation within seven days",
  );

  /**
   * @param {import("../vendor/maple/index.js").Table} settings
   */
  constructor(settings) {
    this.peopleMin = settings.get("people-min").count(1, 10_000) ?? 10;
  }

  reads() {
    return [facts.PEOPLE, facts.LABOUR_ARBITRATION_DONE];
  }

  rules() {
    return [rule("W1", ManyWorkers.summary, "cn.labour_mediation_arbitration.14")];
  }

  /** @param {import("../vendor/maple/index.js").Case} file */
  assess(file) {
    const many = (file.count(facts.PEOPLE) ?? 0) >= this.peopleMin;
    if (!file.isKind("labour.*") || !many || file.flag(facts.LABOUR_ARBITRATION_DONE)) return [];
    const claim = offer(channels.LABOUR_MEDIATION, { body: "county", due: within("7 days", "acceptance") });
    return [finding("W1", claim, { evidence: [facts.PEOPLE] })];
  }
}
