// What happens when somebody does something.
const LEVELS = [95, 80, 50];
let loaded = null; // the table
let last = null; // the question that was asked, with its data
let turn = 0; // answers to older questions are dropped

function fail(why, head) {
  at("picture").hidden = at("welcome").hidden = false;
  at("welcome").hidden = true;
  if (head) at("headline").textContent = head;
  at("said").textContent = "";
  at("error").textContent = why.message || String(why);
  at("error").hidden = false;
}

const tellLoaded = () => (at("told").textContent = t("read", { name: loaded.name, rows: whole(loaded.rows), columns: loaded.columns.length }));

async function take(make) {
  try {
    const found = await make();
    if (!found.rows) throw Error(t("no_rows"));
    if (!found.columns.some((each) => each.kind === "number")) throw noNumber(found);
    loaded = found;
    offerColumns();
    tellLoaded();
    at("question").hidden = false;
    await answer();
  } catch (why) {
    at("told").textContent = "";
    fail(why, t("refused_head"));
  }
}

async function openFile(file) {
  await take(async () => {
    if (file.size > described.body) throw Error(t("too_large", { size: shown(file.size / 2 ** 20), most: shown(described.body / 2 ** 20) }));
    if (/\.(parquet|pq)$/i.test(file.name)) return fromNode(file.name, await post("page/table", file, "application/octet-stream"));
    return readText(file.name, await file.text());
  });
}

function fromNode(name, { columns, rows }) {
  const numbers = ({ values }) => values.map((value) => value ?? NaN);
  return { name, rows, columns: columns.map((each) => ({ ...each, values: each.kind === "text" ? each.values : numbers(each) })) };
}

function offerColumns() {
  const all = loaded.columns.map((each, i) => [i, each.name, each.kind]), numbers = all.filter((each) => each[2] === "number");
  const time = all.find((each) => each[2] === "time")?.[0] ?? -1;
  fillSelect("time", [...all.filter((each) => each[2] === "time"), [-1, t("row_number")]], time);
  const [first, second] = [...numbers].sort((a, b) => isTimely(a[1]) - isTimely(b[1]));
  fillSelect("value", numbers, first[0]);
  fillSelect("other", numbers, (second ?? first)[0]);
  at("ahead").value = at("held").value = Math.max(1, Math.min(24, Math.floor(loaded.rows / 6)));
}

function current() {
  const kind = kindOf(chosenKind()), { columns } = loaded;
  const time = Number(at("time").value), value = Number(at("value").value), other = kind.type === "correlation" ? Number(at("other").value) : -1;
  const data = series(loaded, time, value, other, described.rows[1]);
  if (data.times.length < described.rows[0]) throw Error(t("few_rows", { least: described.rows[0], rows: data.times.length }));
  const rows = Math.max(1, Math.min(described.ahead, Math.floor(Number(at("ahead").value)) || 1));
  const asked = { kind: kind.type, route: kind.route, algo: at("algorithm").value, options: setOptions(), rows };
  const names = { time: time < 0 ? "" : columns[time].name, value: columns[value].name, other: other < 0 ? "" : columns[other].name };
  return { asked, data, names };
}

async function answer() {
  const mine = ++turn, began = performance.now();
  try {
    const question = current();
    last = question;
    wait(true);
    show({ head: loaded.name, said: t("asking"), parts: [() => ({ height: 320, data: [question.data.times, question.data.values], series: [{ label: question.names.value, stroke: ink("series") }] })] });
    const { asked, data } = question;
    // the fan: the same question at each level, unless one was named
    const levels = asked.kind === "forecast" && !asked.options.conf ? LEVELS : [asked.options.conf ?? LEVELS[0]];
    const answers = await Promise.all((asked.kind === "forecast" ? levels : [null]).map((conf) => ask({ ...asked, conf }, data)));
    if (mine !== turn) return;
    question.levels = asked.kind === "forecast" ? levels.map((level, i) => [level, answers[i]]) : [];
    const result = RESULTS[asked.kind](answers[0], question);
    const notes = [...question.data.notes, answers[0].msg ?? ""].filter(Boolean).join(" ");
    show({ ...result, said: `${result.said} ${notes} (${whole(Math.round(performance.now() - began))} ${t("ms")})` });
    offerCopies();
  } catch (why) {
    if (mine === turn) fail(why, t("refused_head"));
  } finally {
    if (mine === turn) wait(false);
  }
}

async function compare() {
  const mine = ++turn;
  try {
    const { asked, data, names } = current();
    const chosen = [...document.querySelectorAll("#rivals input:checked")].map((each) => each.value);
    if (chosen.length < 2) throw Error(t("none_chosen"));
    wait(true);
    at("said").textContent = t("asking");
    const held = Math.max(1, Math.min(Math.floor(data.times.length / 2), Math.floor(Number(at("held").value)) || 1));
    const result = await compareAll(asked, data, names, chosen, held);
    if (mine === turn) show(result);
  } catch (why) {
    if (mine === turn) fail(why, t("refused_head"));
  } finally {
    if (mine === turn) wait(false);
  }
}

function wait(busy) {
  at("picture").classList.toggle("busy", busy);
  at("panel-analyse").setAttribute("aria-busy", String(busy));
}

function offerCopies() {
  const way = document.querySelector("#ways input:checked")?.value ?? "sql";
  at("copy-part").hidden = false;
  radios("ways", "way", Object.entries(WAYS).map(([key, { name }]) => [key, name]), way, showCode);
  showCode();
}

function showCode() {
  const way = document.querySelector("#ways input:checked").value;
  at("save").hidden = way !== "curl";
  at("copied").textContent = "";
  at("code").textContent = WAYS[way].write({ ...last.names, ...last, file: /\.\w+$/.test(loaded.name) ? loaded.name : "data.csv" });
}

async function copy() {
  try {
    await navigator.clipboard.writeText(at("code").textContent);
    at("copied").textContent = t("copied");
  } catch { // browsers offer it over https and on this machine only
    getSelection().selectAllChildren(at("code"));
    at("copied").textContent = document.execCommand("copy") ? t("copied") : t("not_copied");
  }
}

function save() {
  const url = URL.createObjectURL(new Blob([JSON.stringify(request(last.asked, last.data))], { type: "application/json" }));
  make("a", { href: url, download: "request.json" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function openTab(name) {
  for (const each of ["analyse", "node"]) {
    at(`panel-${each}`).hidden = each !== name;
    at(`tab-${each}`).setAttribute("aria-selected", String(each === name));
    at(`tab-${each}`).tabIndex = each === name ? 0 : -1;
  }
  if (name === "node") look();
}

function offerKinds() {
  const kind = chosenKind() ?? "anomaly-detection";
  radios("kinds", "kind", ["anomaly-detection", "forecast", "imputation", "correlation"].filter((each) => kindOf(each)).map((each) => [each, t(each)]), kind, () => {
    showAlgorithms();
    answer();
  });
}

function offerSamples() {
  at("samples").replaceChildren(...Object.keys(SAMPLES).map((key) => {
    const button = make("button", { id: `sample-${key}` }, t(`sample_${key}`), make("small", { textContent: t(`sample_${key}_about`) }));
    button.addEventListener("click", () => {
      at(`kind-${FIRST_KIND[key] ?? "anomaly-detection"}`).checked = true;
      showAlgorithms();
      take(SAMPLES[key]);
    });
    return button;
  }));
}

function say(chosen) {
  speak(chosen);
  offerSamples();
  offerKinds();
  at("compare-how").textContent = "";
  if (described) showAlgorithms(at("algorithm").value, setOptions());
  if (loaded) tellLoaded(), answer();
  if (!at("panel-node").hidden) look();
}

// A visitor's choices stay in this browser; where it keeps none, they last as long as the page.
const kept = (key) => { try { return localStorage.getItem(`taosanode-${key}`); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(`taosanode-${key}`, value); } catch { /* not kept */ } };

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  document.documentElement.style.colorScheme = theme;
  redraw();
}

async function begin() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  paint(kept("theme") ?? (dark.matches ? "dark" : "light"));
  try {
    described = await get("page/algorithms").then((found) => found.json());
  } catch (why) {
    return fail(why, t("unreachable"));
  }
  at("version").textContent = described.version;
  at("language").value = kept("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  say(at("language").value);

  at("theme").addEventListener("click", () => {
    const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    keep("theme", theme), paint(theme);
  });
  at("language").addEventListener("change", ({ target }) => { keep("language", target.value); say(target.value); });
  for (const name of ["analyse", "node"]) {
    at(`tab-${name}`).addEventListener("click", () => openTab(name));
    at(`tab-${name}`).addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const other = name === "node" ? "analyse" : "node";
      openTab(other), at(`tab-${other}`).focus();
    });
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !at("panel-node").hidden) look(); });
  at("file").addEventListener("change", ({ target }) => { if (target.files[0]) openFile(target.files[0]); target.value = ""; });
  at("take").addEventListener("click", () => take(() => readText("pasted", at("pasted").value)));
  for (const kind of ["dragover", "dragleave", "drop"]) {
    at("drop").addEventListener(kind, (event) => {
      event.preventDefault();
      at("drop").classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
    });
  }
  at("question").addEventListener("submit", (event) => { event.preventDefault(); answer(); });
  at("algorithm").addEventListener("change", showOptions);
  for (const id of ["time", "value", "other"]) at(id).addEventListener("change", answer);
  at("compare").addEventListener("click", compare);
  at("all").addEventListener("click", seeAll);
  at("copy").addEventListener("click", copy);
  at("save").addEventListener("click", save);
}
begin();
