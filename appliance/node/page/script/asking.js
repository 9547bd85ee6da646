// Questions to the node, as any client puts them. The page may lie under any path, with or without a slash at its end.
const BASE = location.pathname.replace(/\/?$/, "/");
const UNITS = [["d", 86400000], ["h", 3600000], ["m", 60000], ["s", 1000], ["ms", 1]];

async function get(path) {
  const answer = await fetch(BASE + path, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw Error(`${answer.status} ${answer.statusText}`);
  return answer;
}

// Ask and return the answer; an answer that says why there is none becomes an error.
async function post(route, body, type = "application/json") {
  const answer = await fetch(BASE + route, { method: "POST", headers: { "Content-Type": type }, body });
  const told = await answer.json().catch(() => ({ rows: -1, msg: `${answer.status} ${answer.statusText}` }));
  if (told.rows < 0 || !answer.ok || (told.msg && !told.rows)) throw Error(told.msg);
  return told;
}

function usualStep(times) {
  const gaps = times.slice(1).map((time, i) => time - times[i]).sort((a, b) => a - b);
  return gaps[gaps.length >> 1] || 1000;
}

function frequency(times) {
  const step = usualStep(times), [unit, ms] = UNITS.find(([, each]) => step % each === 0);
  return `${step / ms}${unit}`;
}

// Times that follow: by the calendar where rows are months apart, else one usual step each.
function ahead(times, rows) {
  const last = new Date(times.at(-1)), step = usualStep(times);
  const months = times.slice(1).every((time, i) => time - times[i] >= 28 * 86400000 && time - times[i] <= 31 * 86400000);
  const day = (ms) => new Date(ms).getUTCDate();
  if (months && times.every((time) => day(time) === day(times[0]))) {
    return Array.from({ length: rows }, (_, i) => Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + i + 1, last.getUTCDate(), last.getUTCHours()));
  }
  return Array.from({ length: rows }, (_, i) => times.at(-1) + (i + 1) * step);
}

// Rows whole months apart are asked about as if each month had 30 days: gaps are filled at steps of one length.
const MONTH = 30 * 86400000;
const monthOf = (ms) => new Date(ms).getUTCFullYear() * 12 + new Date(ms).getUTCMonth();
const beginning = (month) => Date.UTC(Math.floor(month / 12), month % 12, 1);
const inMonths = ({ kind }, times) => kind === "imputation" && times.every((time) => time - beginning(monthOf(time)) === times[0] - beginning(monthOf(times[0])));

// A request's body. `asked`: {kind, algo, options: {name: text}, rows, conf}; `data`: {times, values, others}.
function request(asked, data) {
  const { wncheck, ...own } = asked.options, times = inMonths(asked, data.times) ? data.times.map((time) => monthOf(time) * MONTH) : data.times;
  const always = { "anomaly-detection": { scores: 1, explain: 1 }, imputation: own.freq ? {} : { freq: frequency(times) } }[asked.kind] ?? {};
  const pairs = Object.entries({ algo: asked.algo, ...always, ...own }).map(([key, value]) => `${key}=${value}`);
  const schema = [["ts", "TIMESTAMP", 8], ["val", "DOUBLE", 8]], columns = [times, data.values];
  if (asked.kind === "correlation") schema.push(["val1", "DOUBLE", 8]), columns.push(data.others);
  const body = { schema, data: columns, option: pairs.join(","), algo: asked.algo, prec: "ms", wncheck: Number(wncheck ?? 1), rows: data.times.length, protocol: 1.0 };
  if (own.freq || always.freq) body.freq = own.freq ?? always.freq;
  if (asked.kind === "forecast") {
    const step = usualStep(data.times);
    Object.assign(body, { forecast_rows: asked.rows, start: data.times.at(-1) + step, every: step, return_conf: 1, conf: Number(own.conf ?? asked.conf ?? 95) });
  }
  return body;
}

// White noise is analysed as files at the prompt are, with a remark, and the question says so elsewhere too.
async function ask(asked, data) {
  const unset = asked.options.wncheck === undefined;
  try {
    const answer = await post(asked.route, JSON.stringify(request(asked, data)));
    if (!inMonths(asked, data.times)) return answer;
    const into = data.times[0] - beginning(monthOf(data.times[0]));
    return { ...answer, ts: answer.ts.map((time) => beginning(time / MONTH) + into) };
  } catch (why) {
    if (!unset || !/^white noise/.test(why.message)) throw why;
    asked.options.wncheck = "0";
    return { ...(await ask(asked, data)), msg: t("noise") };
  }
}
