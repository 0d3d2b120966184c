/** Dates as HTTP writes them, in the three forms of RFC 9110 5.6.7. */

const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";
const MONTH = "(?<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;

const FORMS: readonly RegExp[] = [
  String.raw`${DAY}, (?<day>\d\d) ${MONTH} (?<year>\d{4}) ${TIME} GMT`, // IMF-fixdate
  String.raw`${LONG_DAY}, (?<day>\d\d)-${MONTH}-(?<year>\d\d) ${TIME} GMT`, // RFC 850
  String.raw`${DAY} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})`, // asctime
].map((form) => new RegExp(`^${form}$`));

const MONTHS: readonly string[] = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Milliseconds since 1970; undefined if it is no date. `now`, the same way, tells which century a year of two digits means. */
export function httpDate(text: string, now: number): number | undefined {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return moment(parts, now);
  }
  return undefined;
}

function moment(parts: Readonly<Record<string, string>>, now: number): number | undefined {
  const { year = "", month = "", day, hour, minute, second } = parts;
  const days = new Date(Date.UTC(fullYear(year, now), MONTHS.indexOf(month), Number(day)));
  if (days.getUTCDate() !== Number(day)) return undefined; // 31 February
  const [hours, minutes, seconds] = [Number(hour), Number(minute), Number(second)];
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined; // 60: a leap second
  return days.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

/** A year of two digits is the last such year that is no more than 50 years ahead. */
function fullYear(year: string, now: number): number {
  if (year.length > 2) return Number(year);
  const latest = new Date(now).getUTCFullYear() + 50;
  return latest - ((((latest - Number(year)) % 100) + 100) % 100);
}
