// Several algorithms on the same rows, each asked as it would be alone.
const HIDE_SEED = 11;

async function compareAll(asked, data, names, chosen, held) {
  const plan = COMPARISONS[asked.kind](data, asked, held), told = [];
  const { period } = asked.options, shared = period ? { period } : {}; // what is said of the data, not to one algorithm
  for (const algo of chosen) {
    const began = performance.now();
    try {
      const answer = await ask({ ...asked, ...plan.asked, algo, options: shared }, plan.data);
      told.push({ algo, answer, figures: plan.judge(answer), ms: performance.now() - began });
    } catch (why) {
      told.push({ algo, why: why.message, figures: [], ms: performance.now() - began });
    }
  }
  if (plan.together) plan.together(told);
  const score = (one) => (one.why || !plan.better ? Infinity : plan.better * one.figures[0]);
  told.sort((one, other) => score(one) - score(other) || 0);
  const best = plan.better && !told[0].why ? 0 : -1, figure = best === 0 ? `${plan.columns[0]} ${shown(told[0].figures[0])}` : "";
  return {
    head: t("compare_head", { count: told.length }), said: best === 0 ? t("compare_said", { algo: told[0].algo, figure }) : t("compare_told"), parts: [() => plan.part(told.filter((one) => !one.why), names)],
    title: t("compare"), columns: [t("algorithm"), ...plan.columns, t("ms"), t("message")], best,
    rows: told.map((one) => [one.algo, ...plan.columns.map((_, i) => one.figures[i] ?? NaN), one.ms, one.why ?? ""]),
  };
}

const colour = (i, count) => `hsl(${Math.round((360 * i) / count + 20)} 70% ${document.documentElement.dataset.theme === "dark" ? 68 : 40}%)`;
const errors = (found, truth) => {
  const off = truth.map((value, i) => Math.abs(value - found[i]));
  return [off.reduce((sum, each) => sum + each, 0) / off.length, Math.sqrt(off.reduce((sum, each) => sum + each * each, 0) / off.length)];
};

const COMPARISONS = {
  forecast(data, asked, held) {
    const cut = data.times.length - held, from = Math.max(0, cut - 8 * held), truth = data.values.slice(cut);
    const lines = (told) => told.map(({ algo, answer }, i) => ({ label: algo, stroke: colour(i, told.length), width: 2, list: [...Array(cut - from).fill(null), ...answer.res[1]] }));
    return {
      data: { times: data.times.slice(0, cut), values: data.values.slice(0, cut) }, asked: { rows: held, conf: 95 }, better: 1,
      columns: [t("error_name"), t("rmse"), t("inside")],
      judge: ({ res }) => [...errors(res[1], truth), truth.filter((value, i) => value >= res[2][i] && value <= res[3][i]).length / truth.length],
      part: (told, names) => {
        const shownLines = lines(told);
        return { height: 380, windows: [[data.times[cut], data.times.at(-1)]], shading: "tint", data: [data.times.slice(from), data.values.slice(from), ...shownLines.map((each) => each.list)], series: [{ label: names.value, stroke: ink("series") }, ...shownLines.map(({ list, ...line }) => line)] };
      },
    };
  },

  imputation(data, _, held) {
    const normal = random(HIDE_SEED), inner = data.times.map((__, i) => i).slice(1, -1);
    const hidden = new Set(inner.map((i) => [normal(), i]).sort((a, b) => a[0] - b[0]).slice(0, held).map(([, i]) => i));
    const keep = (list) => list.filter((__, i) => !hidden.has(i)), times = data.times.filter((__, i) => hidden.has(i)), truth = data.values.filter((__, i) => hidden.has(i));
    const at_ = ({ ts, target }) => { const by = new Map(ts.map((time, i) => [time, target[i]])); return times.map((time) => by.get(time)); };
    return {
      data: { times: keep(data.times), values: keep(data.values) }, asked: {}, better: 1, columns: [t("error_name"), t("rmse")], judge: (answer) => errors(at_(answer), truth),
      part: (told, names) => {
        const by = told.map(({ answer }) => new Map(times.map((time, i) => [time, at_(answer)[i]])));
        return { height: 380, data: [data.times, data.values, ...by.map((each) => data.times.map((time) => each.get(time) ?? null))], series: [{ label: names.value, stroke: ink("series") }, ...told.map(({ algo }, i) => ({ ...dots(algo, "series", 6), stroke: colour(i, told.length), points: { show: true, size: 6, fill: colour(i, told.length) } }))] };
      },
    };
  },

  "anomaly-detection"(data) {
    const flags = ({ res }) => { let window = 0; return data.times.map((time) => { while (window < res.length && time > res[window][1]) window++; return window < res.length && time >= res[window][0]; }); };
    return {
      data, asked: {}, better: -1, columns: [t("agreement"), t("windows"), t("rows")], judge: (answer) => [0, answer.res.length, flags(answer).filter(Boolean).length],
      together(told) {
        const all = told.filter((one) => !one.why).map((one) => [one, flags(one.answer)]);
        const majority = data.times.map((_, i) => 2 * all.filter(([, each]) => each[i]).length > all.length);
        for (const [one, each] of all) {
          const both = each.filter((flag, i) => flag && majority[i]).length, either = each.filter((flag, i) => flag || majority[i]).length;
          one.figures[0] = either ? both / either : 1;
        }
      },
      part: (told, names) => {
        const least = Math.min(...data.values), step = (Math.max(...data.values) - least || 1) / 14;
        return { height: 380, data: [data.times, data.values, ...told.map(({ answer }, i) => flags(answer).map((flag) => (flag ? least - (i + 1) * step : null)))], series: [{ label: names.value, stroke: ink("series") }, ...told.map(({ algo }, i) => ({ label: algo, stroke: colour(i, told.length), width: 5, value: (_, y) => (y == null ? "–" : "●"), points: { show: true, size: 6, fill: colour(i, told.length) } }))] };
      },
    };
  },

  correlation(data) {
    const measures = ["correlation_coefficient", "distance", "statistic"];
    return {
      data, asked: {}, columns: measures.map((each) => each.replace("_", " ")), judge: (answer) => measures.map((each) => answer[each] ?? NaN),
      part: (_, names) => ({ data: [data.times, data.values, data.others], series: [{ label: names.value, stroke: ink("series") }, { label: names.other, stroke: ink("forecast") }] }),
    };
  },
};
