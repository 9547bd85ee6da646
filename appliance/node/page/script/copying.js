// The question that was just asked, as other clients put it.
const quote = (text) => `'${String(text).replaceAll("'", "''")}'`;
const shell = (text) => (/^[\w./:,=@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
const python = (value) => JSON.stringify(String(value));

function optionText(asked, pairs = {}) {
  return Object.entries({ algo: asked.algo, ...asked.options, ...pairs }).map(([key, value]) => `${key}=${value}`).join(",");
}

const WAYS = {
  sql: {
    name: "SQL",
    write({ asked, value, other, data }) {
      const column = (name) => (/^[a-z_]\w*$/i.test(name) ? name : `\`${name}\``);
      const text = quote(optionText(asked, asked.kind === "forecast" ? { rows: asked.rows } : asked.kind === "imputation" && !asked.options.freq ? { freq: frequency(data.times) } : {}));
      const from = "FROM your_db.your_table";
      return {
        "anomaly-detection": `SELECT _wstart, _wend, COUNT(*)\n${from}\nANOMALY_WINDOW(${column(value)}, ${text});`,
        forecast: `SELECT _frowts, FORECAST(${column(value)}, ${text}), _flow, _fhigh\n${from};`,
        imputation: `SELECT _improwts, IMPUTATION(${column(value)}, ${text})\n${from};`,
        correlation: `-- TDengine has SQL for dtw and tlcc only\nSELECT ${asked.algo.toUpperCase()}(${column(value)}, ${column(other)}, ${quote(optionText(asked).replace(/^algo=[^,]*,?/, ""))})\n${from};`,
      }[asked.kind];
    },
  },
  curl: {
    name: "curl",
    write: ({ asked }) => `curl -H 'Content-Type: application/json' --data @request.json \\\n  ${shell(location.origin + BASE + asked.route)}`,
  },
  python: {
    name: "Python",
    write({ asked, time, value, other, file }) {
      const literal = (text) => (NUMBER.test(text) ? text : python(text));
      const options = Object.entries(asked.options).map(([key, each]) => `, ${key}=${literal(each)}`).join("");
      const named = `${time ? `, time=${python(time)}` : ""}${options}`;
      const read = `import pandas as pd\nimport taosanode\n\nframe = pd.read_${/\.(parquet|pq)$/i.test(file) ? "parquet" : /json$/i.test(file) ? "json" : "csv"}(${python(file)})\n`;
      const call = {
        "anomaly-detection": `detect(frame, ${python(asked.algo)}, value=${python(value)}${named}, output="windows")`,
        forecast: `forecast(frame, ${asked.rows}, ${python(asked.algo)}, value=${python(value)}${asked.options.conf ? "" : ", conf=[50, 80, 95]"}${named})`,
        imputation: `impute(frame, ${python(asked.algo)}, value=${python(value)}${named})`,
        correlation: `correlate(frame, ${python(asked.algo)}, value=[${python(value)}, ${python(other)}]${named})`,
      }[asked.kind];
      return `${read}print(taosanode.${call})`;
    },
  },
  prompt: {
    name: "taosanode",
    write({ asked, time, value, other, file }) {
      const command = { "anomaly-detection": "detect", forecast: "forecast", imputation: "impute", correlation: "correlate" }[asked.kind];
      const words = ["taosanode", command, shell(file), "--algo", shell(optionText(asked).replace(/^algo=/, ""))];
      if (time) words.push("--time", shell(time));
      words.push("--value", shell(asked.kind === "correlation" ? `${value},${other}` : value));
      if (asked.kind === "forecast") words.push("--rows", asked.rows, "--conf", "50,80,95");
      return words.join(" ");
    },
  },
};
