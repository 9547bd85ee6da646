// Text to a table: {name, rows, columns: [{name, kind: "time" | "number" | "text", values, unit}]}. Nothing is guessed
// about times but what their digits say: those without a zone are UTC, 31.3.2026 begins with the day, 3/4/2026 is text.
const ISO = /^(\d{4})[-/](\d{1,2})(?:[-/](\d{1,2}))?(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA_NUMBER = /^[+-]?\d+(,\d+)?(e[+-]?\d+)?$/i;
const EMPTY = new Set(["", "na", "n/a", "nan", "null", "none"]);
const DAY_FIRST = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?=[ T]|$)/;
const TIME_NAMES = new Set(["year", "ts", "time", "timestamp", "ds", "date", "datetime", "ts_ms", "_wstart", "month", "day"]);

function readText(name, text) {
  const begun = text.replace(/^\uFEFF/, "").trimStart();
  return /^[[{]/.test(begun) ? fromObjects(name, begun) : fromLines(name, begun);
}

function fromLines(name, text) {
  const first = text.slice(0, text.search(/\r?\n|$/)).replace(/"[^"]*"/g, "");
  const delimiter = [",", ";", "\t", "|"].reduce((best, each) => (first.split(each).length > first.split(best).length ? each : best));
  const rows = cells(text, delimiter);
  if (!rows.length) throw Error(t("no_rows"));
  const headed = !rows[0].every((cell) => asNumber(cell) !== null || asTime(cell) !== null);
  const names = headed ? rows.shift().map((cell, i) => cell.trim() || `column${i + 1}`) : rows[0].map((_, i) => `column${i + 1}`);
  if (!rows.length) throw Error(t("no_rows"));
  const ragged = rows.findIndex((row) => row.length !== names.length);
  if (ragged >= 0) throw Error(t("ragged", { line: ragged + 1 + headed, found: rows[ragged].length, count: names.length }));
  return table(name, names, (column) => rows.map((row) => row[column]), delimiter !== ",");
}

function cells(text, delimiter) {
  if (!text.includes('"')) return text.split(/\r?\n/).filter((line) => line.trim()).map((line) => line.split(delimiter));
  const rows = [];
  let row = [], cell = "", quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') (cell += '"'), i++;
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === delimiter) row.push(cell), (cell = "");
    else if (c === "\n") row.push(cell.replace(/\r$/, "")), rows.push(row), (row = []), (cell = "");
    else cell += c;
  }
  if (cell || row.length) rows.push([...row, cell]);
  return rows.filter((each) => each.length > 1 || each[0].trim());
}

// An array of objects, one object a line, {"column": [...]}, or what TDengine's REST answers.
function fromObjects(name, text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch (why) {
    try {
      found = text.split(/\r?\n/).filter((line) => line.trim()).map((line) => JSON.parse(line));
    } catch {
      throw Error(t("no_json", { why: why.message }));
    }
  }
  if (found && found.column_meta && Array.isArray(found.data)) {
    return table(name, found.column_meta.map((each) => each[0]), (i) => found.data.map((row) => row[i]));
  }
  if (!Array.isArray(found)) {
    const names = Object.keys(found).filter((key) => Array.isArray(found[key]));
    if (names.length) return table(name, names, (i) => found[names[i]]);
    found = [found];
  }
  if (!found.length) throw Error(t("no_rows"));
  if (Array.isArray(found[0])) return table(name, found[0].map((_, i) => `column${i + 1}`), (i) => found.map((row) => row?.[i]));
  if (typeof found[0] !== "object" || found[0] === null) return table(name, ["value"], () => found);
  const names = [...new Set(found.slice(0, 1000).flatMap((row) => Object.keys(row ?? {})))];
  return table(name, names, (i) => found.map((row) => row?.[names[i]]));
}

function table(name, names, take, commas = false) {
  const columns = names.map((each, i) => typed(each, take(i), commas));
  return { name, rows: columns[0]?.values.length ?? 0, columns };
}

function typed(name, values, commas) {
  const given = values.filter((value) => !isEmpty(value));
  const number = (value) => asNumber(value, commas);
  if (given.length && given.every((value) => number(value) !== null)) {
    const numbers = values.map((value) => (isEmpty(value) ? NaN : number(value)));
    const unit = isTimely(name) ? epochUnit(numbers) : "";
    if (unit) return { name, kind: "time", values: numbers.map((n) => Math.round(n * { s: 1e3, ms: 1, us: 1e-3, ns: 1e-6 }[unit])), unit };
    return { name, kind: "number", values: numbers };
  }
  if (given.length && given.every((value) => asTime(value) !== null)) {
    return { name, kind: "time", values: values.map((value) => (isEmpty(value) ? NaN : asTime(value))) };
  }
  return { name, kind: "text", values };
}

const isTimely = (name) => TIME_NAMES.has(name.toLowerCase()) || /^(ts|time)/i.test(name);

// Why a table is of no use that has no column of numbers: a cell of the column that is nearest to one.
function noNumber(found) {
  const strange = (each) => each.values.filter((value) => !isEmpty(value) && asNumber(value) === null);
  const texts = found.columns.filter((each) => each.kind === "text" && strange(each).length);
  const [worst] = texts.sort((a, b) => isTimely(a.name) - isTimely(b.name) || strange(a).length - strange(b).length);
  return Error([t("no_number"), worst && t("cell", { name: worst.name, value: String(strange(worst)[0]).slice(0, 40) })].filter(Boolean).join(" "));
}

const isEmpty = (value) => value == null || (typeof value === "string" && EMPTY.has(value.trim().toLowerCase()));

function asNumber(value, commas = false) {
  if (typeof value === "number") return isFinite(value) ? value : null;
  if (typeof value === "boolean") return Number(value);
  const text = String(value).trim();
  if (NUMBER.test(text)) return Number(text);
  return commas && COMMA_NUMBER.test(text) ? Number(text.replace(",", ".")) : null;
}

function asTime(value) {
  const match = ISO.exec(String(value).trim().replace(DAY_FIRST, "$3-$2-$1"));
  if (!match) return null;
  const [, year, month, day = 1, hour = 0, minute = 0, second = 0, fraction = "", zone = "Z"] = match;
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) + Math.round(Number(`0.${fraction || 0}`) * 1000);
  if (month > 12 || new Date(ms).getUTCMonth() !== month - 1) return null;
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  return offset ? ms - Number(`${offset[1]}1`) * (offset[2] * 60 + Number(offset[3] ?? 0)) * 60000 : ms;
}

// What a column of numbers counts since 1970, "" where that leads to no year from 1971 to 2200; only seconds have fractions.
function epochUnit(numbers) {
  const least = Math.min(...numbers.slice(0, 1000).filter(isFinite).map(Math.abs));
  return (Number.isInteger(least) ? ["s", "ms", "us", "ns"] : ["s"]).find((unit, i) => least >= 3.1536e7 * 1000 ** i && least < 7.26e9 * 1000 ** i) ?? "";
}

// The rows of one question: {times, values, others, notes}; what is left out or moved is told.
function series(found, time, value, other, most) {
  const notes = [];
  const given = time < 0 ? null : found.columns[time], unread = found.columns.find((each) => each.kind !== "time" && isTimely(each.name));
  if (!given && unread && unread !== found.columns[value]) notes.push(t("no_time", { name: unread.name, value: String(unread.values[0]).slice(0, 40) }));
  if (given?.unit) notes.push(t("since", { unit: given.unit }));
  const { values } = found.columns[value], second = other < 0 ? null : found.columns[other].values;
  let rows = [];
  for (let i = 0; i < values.length; i++) {
    const when = given ? given.values[i] : i * 1000;
    if (isFinite(when) && isFinite(values[i]) && (!second || isFinite(second[i]))) rows.push([when, values[i], second?.[i]]);
  }
  if (rows.length < values.length) notes.push(t("without", { count: whole(values.length - rows.length) }));
  if (rows.some((row, i) => i && row[0] < rows[i - 1][0])) rows.sort((a, b) => a[0] - b[0]), notes.push(t("sorted"));
  const before = rows.length;
  rows = rows.filter((row, i) => i + 1 === rows.length || row[0] !== rows[i + 1][0]);
  if (rows.length < before) notes.push(t("twice", { count: whole(before - rows.length) }));
  if (rows.length > most) (rows = rows.slice(-most)), notes.push(t("cut", { count: whole(most) }));
  return { times: rows.map((row) => row[0]), values: rows.map((row) => row[1]), others: second && rows.map((row) => row[2]), notes };
}
