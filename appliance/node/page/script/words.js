// What the page says, by key: English here, Chinese in words_zh.js. Words in braces are put in.
const ENGLISH = {
  skip: "Skip to the content", parts: "Parts of the page", analyse: "Analyse", node: "Node", theme: "Light or dark",
  data: "Data", open: "Open a file", or_drop: "or drop it here",
  formats: "CSV, TSV, JSON or Parquet. It goes to this node and nowhere else.",
  samples: "Or try a sample", paste: "Paste rows", rows_here: "Rows of CSV, TSV or JSON", take: "Take these rows",
  question: "Question", kind: "Kind of analysis", time: "Time", value: "Value", other: "Compared with",
  algorithm: "Algorithm", ahead: "Rows ahead", options: "Options", run: "Run", row_number: "number of the row",
  welcome: "What is unusual? What comes next?",
  welcome_text: "Open a file of your own, or try a sample. The node answers at once, with its recommended algorithm; then change what you like.",
  zoom: "Drag to zoom, double-click to see all.", see_all: "See all", copy_as: "The same elsewhere", copy: "Copy",
  copied: "Copied", not_copied: "Select it and copy by hand", save: "Save request.json",
  "anomaly-detection": "Anomalies", forecast: "Forecast", imputation: "Fill gaps", correlation: "Correlation",
  sample_load: "Power of a building", sample_load_about: "6 weeks by the hour, with faults",
  sample_sales: "Passengers of an airline", sample_sales_about: "12 years by the month, growing",
  sample_gaps: "A meter with gaps", sample_gaps_about: "2 weeks by the hour, 37 hours missing",
  sample_long: "A long series", sample_long_about: "40 000 rows by the minute",
  building: "building", read: "{name}: {rows} rows, {columns} columns.",
  sorted: "Rows were put in the order of their times.", without: "Left out: {count} rows without time or value.",
  twice: "Left out: {count} rows whose time comes again; the last one counts.", cut: "Only the last {count} rows are used.",
  cell: "{name} has “{value}”.", no_time: "“{value}” in {name} is no time that is read, as 2026-03-31 12:00 is.",
  noise: "It is white noise, no row tells anything of those that follow: SQL refuses it without wncheck=0.",
  since: "Times are read as {unit} since 1970.", no_number: "There is no column of numbers in it.",
  no_rows: "There are no rows in it.", too_large: "The file has {size} MB; this node takes at most {most} MB.",
  few_rows: "At least {least} rows are needed, there are {rows}.", ragged: "Line {line} has {found} cells, the first has {count}.",
  no_json: "That is no JSON: {why}", choose_numbers: "Choose a column of numbers.",
  detect_head: "Anomalies found by {algo}", forecast_head: "Forecast by {algo}", fill_head: "Gaps filled by {algo}",
  correlate_head: "Correlation by {algo}", series_head: "{name}",
  asking: "The node computes…", took: "{ms} ms",
  found: "{windows} of {rows} rows: {count} anomalies.", found_windows: "{count} windows, {flagged} of {rows} rows.",
  passed_over: " {rows} rows elsewhere score above 1, but are not flagged: at most {share} % of the rows may be (share).",
  found_none: "Nothing unusual in {rows} rows.", ahead_said: "{rows} rows ahead, season {period}.",
  ahead_plain: "{rows} rows ahead.", filled_said: "{filled} rows filled in, {given} were there.", filled_none: "There are no gaps.",
  lag_said: "{name} {value} at lag {lag}.", value_said: "{name} {value}.", p_said: " p-value {p}.", reverse_said: " The other way round: p-value {p}.",
  windows: "Windows", values: "Values", start: "from", end: "to", rows: "rows", score: "score", reason: "reason",
  reason_said: "{value} where {expected} was expected ({low} to {high}); {by}",
  low: "low", high: "high", expected: "expected", band: "expected range", filled: "filled in", anomaly: "anomaly",
  lag: "lag", coefficient: "coefficient", path: "row of the other",
  compare: "Compare algorithms", compare_now: "Compare", which: "Which", held: "Rows held back",
  how_forecast: "The last rows are held back and forecast from those before.",
  how_imputation: "So many rows are taken away and filled in again.",
  how_detection: "Each judges all rows; the vote of the majority is what they are compared with.",
  how_correlation: "Each tells its own measure; they are not comparable with each other.",
  compare_head: "{count} algorithms compared", compare_said: "{algo} is best here: {figure}.",
  compare_told: "Each has answered.", error_name: "mean error", rmse: "root mean square", inside: "within 95 %", agreement: "agreement", ms: "ms",
  none_chosen: "Choose two or more.", truth: "held back",
  refused_head: "No answer", by_algorithm: "Requests by algorithm", refused: "Last requests without a result", models: "Models",
  state: "state", version: "version", workers: "workers", slots: "slots busy", queue: "waiting", rate: "requests a second",
  total: "requests", mean: "mean time", errors: "errors", endpoint: "path", ok: "ok", outcome: "outcome", message: "message",
  when: "when", name: "name", about: "about", nothing: "Nothing yet.", unreachable: "The node does not answer.", kind_name: "kind",
  must_be: "{name}: {values}", unset: "default", number_set: "({count} changed)",
};
let language = "en";
function t(key, put = {}) {
  const text = (language === "zh" && CHINESE[key]) || ENGLISH[key] || key;
  const said = text.replace(/\{(\w+)\}/g, (_, name) => put[name] ?? "");
  return language === "en" ? said.replace(/(^|[ (])1 (row|column|window|algorithm)s\b/g, "$11 $2") : said;
}
function speak(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  for (const each of document.querySelectorAll("[data-t]")) each.textContent = t(each.dataset.t);
  for (const each of document.querySelectorAll("[data-t-label]")) each.setAttribute("aria-label", t(each.dataset.tLabel));
}
// What algorithms say of themselves and their options, as declared in English; what has no translation stays as it is.
function explained(text) {
  if (language !== "zh") return text;
  const [, said, also] = text.match(/^(.*?)(?: \(also (.*)\))?$/s);
  return (HELP[said] ?? said) + (also ? `（也可写作 ${also.replaceAll(", ", "、")}）` : "");
}
// Which values an option takes: "an integer 0 to 20 or auto".
const RANGES = [[/^an? /, ""], [/, an? /g, ", "], [/ or an? /g, " or "], [/integer/g, "整数"], [/number/g, "数值"], [/duration/, "时长"], [/^time$/, "时间"], [/^text$/, "文本"], [/ in /, "，范围 "], [/ to /g, " 至 "], [/ or /g, " 或 "], [/, (?![^(]*[)\]])/g, "、"]];
const accepted = (text) => (language === "zh" ? RANGES.reduce((said, [word, put]) => said.replace(word, put), text) : text);
const whole = (number) => number.toLocaleString(language);
const shown = (number) => (number == null || !isFinite(number) ? "–" : number && Math.abs(number) < 1e-4 ? number.toExponential(2) : Number(number.toPrecision(5)).toLocaleString(language, { maximumSignificantDigits: 5 }));
const moment = (ms) => new Date(ms).toISOString().replace("T", " ").replace(/(:00)?\.000Z$|Z$/, "");
const at = (id) => document.getElementById(id);
function make(tag, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...inside);
  return made;
}
