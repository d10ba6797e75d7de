// Days and lengths of time. The host counts time limits by the law of the locality; what is here is the plain calendar.

/** @typedef {import("./contract.d.ts").Day} Day */
/** @typedef {import("./contract.d.ts").Span} Span */
/** @typedef {import("./contract.d.ts").Term} Term */
/** @typedef {import("./contract.d.ts").Unit} Unit */

/** Days since 1970-01-01; negative before. @param {Day} day */
export function dayNumber({ year, month, day }) {
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  return at.getTime() / 86_400_000;
}

/** The day that many days after 1970-01-01. @param {number} number @returns {Day} */
export function dayOfNumber(number) {
  const at = new Date(number * 86_400_000);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** This day moved by calendar days. @param {Day} day @param {number} days */
export const plusDays = (day, days) => dayOfNumber(dayNumber(day) + days);

/** Calendar days from `earlier` to `later`; negative when `earlier` is later. @param {Day} later @param {Day} earlier */
export const daysBetween = (later, earlier) => dayNumber(later) - dayNumber(earlier);

/** The day of the week, 1 Monday to 7 Sunday. @param {Day} day */
export const weekday = (day) => ((((dayNumber(day) + 3) % 7) + 7) % 7) + 1;

/** @type {Record<string, Unit>} */
const UNITS = { hour: "hour", day: "day", "working day": "working-day", month: "month", year: "year" };

/** Reads `15 days`, `7 working days`, `1 year`. @param {string} text @returns {Span | undefined} */
export function span(text) {
  const [, digits = "", word = ""] = /^([0-9]{1,5}) ([a-z ]+)$/.exec(text) ?? [];
  const [count, unit] = [Number(digits), UNITS[word.replace(/s$/, "")]];
  return unit === undefined || count > 65_535 ? undefined : { count, unit };
}

/** A length of time that runs from an event: `within("7 days", "acceptance")`. @param {string} text @param {string} start */
export function within(text, start) {
  const length = span(text);
  if (length === undefined) throw new TypeError(`not a length of time such as "15 days": ${text}`);
  return /** @type {import("./contract.d.ts").Due} */ ({ tag: "within", val: { span: length, start } });
}
