// Answers to pictures, sentences and tables; one function for each kind of analysis.
const MOST_LISTED = 500;

const RESULTS = {
  "anomaly-detection"(answer, { data, asked, names }) {
    const { times, values } = data, flagged = values.map(() => null), expected = answer.expected?.[0];
    let row = 0, rows = 0;
    const listed = answer.res.map(([from, to], i) => {
      while (times[row] < from) row++;
      let count = 0, peak = -Infinity;
      for (; row < times.length && times[row] <= to; row++, count++) (flagged[row] = values[row]), (peak = Math.max(peak, answer.scores?.[row] ?? NaN));
      rows += count;
      return [moment(from), moment(to), count, peak, inWords(answer.reasons?.[i])];
    });
    const parts = [() => ({
      windows: answer.res,
      data: expected ? [times, expected.high, expected.low, values, flagged] : [times, values, flagged],
      series: [...(expected ? [edge(t("high")), edge(t("low"))] : []), { label: names.value, stroke: ink("series") }, dots(t("anomaly"), "mark")],
      bands: expected ? [{ series: [1, 2], fill: ink("band", 0.16) }] : [],
    })];
    if (answer.scores) parts.push(() => ({ height: 140, data: [times, answer.scores], series: [{ label: t("score"), stroke: ink("bad"), fill: ink("bad") + "22" }], windows: answer.res }));
    const put = { count: whole(listed.length), flagged: whole(rows), rows: whole(times.length) };
    const reasons = listed.some((each) => each[4]);
    const said = t(listed.length ? "found_windows" : "found_none", put) + passedOver(answer, flagged, asked);
    return {
      head: t("detect_head", asked), said, parts, title: t("windows"),
      columns: [t("start"), t("end"), t("rows"), t("score"), ...(reasons ? [t("reason")] : [])],
      rows: listed.map(([from, to, count, peak, reason]) => [from, to, count, peak, ...(reasons ? [reason] : [])]),
    };
  },

  forecast(answer, { data, asked, names, levels }) {
    const rows = answer.res[1].length, next = ahead(data.times, rows);
    const from = Math.max(0, data.times.length - Math.max(8 * rows, 3 * (answer.period || 0), 200));
    const times = [...data.times.slice(from), ...next], before = data.times.length - from, last = data.values.at(-1);
    const shownBefore = (list) => [...Array(before - 1).fill(null), last, ...list];
    const given = [...data.values.slice(from), ...Array(rows).fill(null)];
    const fan = levels.map(([level, one]) => [level, shownBefore(one.res[3]), shownBefore(one.res[2])]);
    const parts = [() => ({
      height: 380,
      data: [times, ...fan.flatMap(([, high, low]) => [high, low]), given, shownBefore(answer.res[1])],
      series: [...fan.flatMap(([level]) => [edge(`${level} % ${t("high")}`), edge(`${level} % ${t("low")}`)]), { label: names.value, stroke: ink("series") }, { label: t("forecast"), stroke: ink("forecast"), width: 2.2 }],
      bands: fan.map((_, i) => ({ series: [2 * i + 1, 2 * i + 2], fill: ink("fan", 0.17) })),
    })];
    return {
      head: t("forecast_head", asked), said: t(answer.period > 1 ? "ahead_said" : "ahead_plain", { rows: whole(rows), period: whole(answer.period ?? 0) }), parts, title: t("values"),
      columns: [t("time"), t("forecast"), ...levels.flatMap(([level]) => [`${level} % ${t("low")}`, `${level} % ${t("high")}`])],
      rows: next.map((time, i) => [moment(time), answer.res[1][i], ...levels.flatMap(([, one]) => [one.res[2][i], one.res[3][i]])]),
    };
  },

  imputation(answer, { data, asked, names }) {
    const given = answer.target.map((value, i) => (answer.mask[i] ? null : value));
    const filled = answer.target.map((value, i) => (answer.mask[i] || answer.mask[i + 1] || answer.mask[i - 1] ? value : null));
    const spread = answer.std_error?.map((error, i) => (filled[i] === null ? null : 1.96 * error));
    const bound = (sign) => spread.map((width, i) => (width === null ? null : answer.target[i] + sign * width));
    const where = answer.mask.flatMap((mask, i) => (mask ? [i] : []));
    const parts = [() => ({
      height: 360,
      data: [answer.ts, ...(spread ? [bound(1), bound(-1)] : []), given, filled],
      series: [...(spread ? [edge(t("high")), edge(t("low"))] : []), { label: names.value, stroke: ink("series") }, { label: t("filled"), stroke: ink("filled"), width: 2.4 }],
      bands: spread ? [{ series: [1, 2], fill: ink("band", 0.16) }] : [],
    })];
    return {
      head: t("fill_head", asked), said: where.length ? t("filled_said", { filled: whole(where.length), given: whole(data.times.length) }) : t("filled_none"), parts, title: t("filled"),
      columns: [t("time"), names.value, "±"], rows: where.map((i) => [moment(answer.ts[i]), answer.target[i], spread ? spread[i] : NaN]),
    };
  },

  correlation(answer, { data, asked, names }) {
    const name = ["correlation_coefficient", "distance", "f_value"].find((each) => each in answer) ?? t("value");
    const put = { name: name.replace("_", " "), value: shown(answer[name]), lag: answer.lag, p: shown(answer.p_value) };
    const said = t(answer.lag === undefined ? "value_said" : "lag_said", put) + (answer.p_value === undefined ? "" : t("p_said", put)) + (answer.reverse ? t("reverse_said", { p: shown(answer.reverse.p_value) }) : "");
    let part = () => ({ data: [data.times, data.values, data.others], series: [{ label: names.value, stroke: ink("series") }, { label: names.other, stroke: ink("forecast") }] });
    let listed = { columns: [], rows: [] };
    if (answer.lags) {
      part = () => ({ numbers: true, label: t("lag"), data: [answer.lags, answer.ccf_vals], series: [{ label: t("coefficient"), stroke: ink("series"), fill: ink("band", 0.4), paths: uPlot.paths.bars({ size: [0.6, 40] }), points: { show: false } }] });
      listed = { columns: [t("lag"), t("coefficient")], rows: answer.lags.map((lag, i) => [lag, answer.ccf_vals[i]]) };
    } else if (answer.path) {
      part = () => ({ numbers: true, label: names.value, data: [answer.path.map((each) => each[0]), answer.path.map((each) => each[1])], series: [{ label: t("path"), stroke: ink("series") }] });
    }
    return { head: t("correlate_head", asked), said, parts: [part], title: t("values"), ...listed };
  },
};

// Where `share` bounds how much is flagged: in words, what scores above 1 in stretches without a window.
function passedOver({ scores, period }, flagged, { kind, algo, options }) {
  const share = algorithmOf(kindOf(kind), algo).options.find((each) => each.name === "share");
  if (!share || options.only_last) return "";
  const near = period || 64; // rows: what is nearer to each other is one stretch
  let rows = 0, run = 0, last = -Infinity;
  scores.forEach((score, i) => {
    if (!(score > 1) && flagged[i] === null) return;
    if (i - last >= near) (rows += run || 0), (run = 0);
    last = i;
    run += flagged[i] === null ? 1 : NaN; // no number any more: there is a window in it
  });
  rows += run || 0;
  return rows ? t("passed_over", { rows: whole(rows), share: shown(100 * (options.share ?? share.default)) }) : "";
}

// A reason as a line of text: what was there, what was expected, who says so.
function inWords(told) {
  if (told == null || typeof told !== "object") return told ?? "";
  const { value, expected, low, high, by } = told;
  if (value === undefined || expected === undefined) return by ?? "";
  return t("reason_said", { value: shown(value), expected: shown(expected), low: shown(low), high: shown(high), by: by ?? "" });
}

function grid(columns, rows, best = -1) {
  const cell = (each) => make("td", typeof each === "number" ? { className: "number", textContent: shown(each) } : { textContent: each });
  const head = make("tr", {}, ...columns.map((each, i) => make("th", { scope: "col", textContent: each, className: typeof rows[0]?.[i] === "number" ? "number" : "" })));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows.slice(0, MOST_LISTED).map((row, i) => make("tr", { className: i === best ? "best" : "" }, ...row.map(cell)))));
}

function show({ head, said, parts, title, columns = [], rows = [], best }) {
  at("headline").textContent = head;
  at("said").textContent = said;
  at("chart").setAttribute("aria-label", `${head}. ${said}`);
  at("below").setAttribute("aria-label", t("score"));
  at("error").hidden = true;
  at("picture").hidden = false;
  at("welcome").hidden = true;
  at("table-part").hidden = !rows.length;
  at("table-title").textContent = title ?? "";
  at("table").replaceChildren(grid(columns, rows, best));
  draw(parts);
}
