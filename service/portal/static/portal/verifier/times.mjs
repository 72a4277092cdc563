// Times as the formats spell them: RFC 3339, UTC, whole seconds, YYYY-MM-DDTHH:MM:SSZ.

export const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;

/** Seconds since 1970 of a time that exists; any other spelling or day throws a TypeError. */
export function toSeconds(text) {
  if (!TIME.test(text) || text.startsWith("0000")) throw new TypeError("this is no time");
  const [year, month, day, hour, minute, second] = text.match(/[0-9]+/g).map(Number);
  const moment = new Date(0);
  moment.setUTCFullYear(year, month - 1, day);
  moment.setUTCHours(hour, minute, second, 0);
  // Date rolls 31 April over to May; a time that came back changed was none.
  if (moment.toISOString() !== text.replace("Z", ".000Z")) throw new TypeError("this is no time");
  return moment.getTime() / 1000;
}
