// The second tab: what the node does, from the figures that Prometheus gets. Asked for only while somebody looks.
const EVERY_MS = 2000;
let watching = 0, before = null;

// Prometheus' text as [name, labels, value].
function samples(text) {
  return text.split("\n").filter((line) => line && line[0] !== "#").map((line) => {
    const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line);
    return [name, Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((each) => [each[1], each[2]])), Number(value)];
  });
}

async function look() {
  clearTimeout(watching);
  try {
    const [status, metrics, models, refused] = await Promise.all([
      get("status").then((answer) => answer.json()), get("metrics").then((answer) => answer.text()),
      get("models").then((answer) => answer.json()), get("page/refused").then((answer) => answer.json()),
    ]);
    tell(status, samples(metrics), models.details, refused.refused);
  } catch (why) {
    at("figures").replaceChildren(figure(t("state"), t("unreachable")));
  }
  if (!at("panel-node").hidden && !document.hidden) watching = setTimeout(look, EVERY_MS);
}

function figure(name, value) {
  return make("div", { className: "figure" }, make("b", { textContent: value }), make("span", { textContent: name }));
}

function tell(status, found, models, refused) {
  const value = (name) => found.find((each) => each[0] === `taosanode_${name}`)?.[2] ?? NaN;
  const requests = found.filter((each) => each[0] === "taosanode_requests_total");
  const sum = (list) => list.reduce((total, each) => total + each[2], 0);
  const total = sum(requests), now = performance.now(), rate = before ? (1000 * (total - before[0])) / (now - before[1]) : NaN;
  before = [total, now];
  const slots = described.slots ? `${value("slots_busy")} / ${described.slots * value("workers")}` : value("slots_busy");
  at("figures").replaceChildren(
    figure(t("state"), status.status), figure(t("version"), described.version), figure(t("workers"), whole(value("workers"))),
    figure(t("slots"), slots), figure(t("queue"), whole(value("queue_length"))), figure(t("rate"), shown(Math.max(0, rate))),
    figure(t("total"), whole(total)),
  );
  const seconds = found.filter((each) => /^taosanode_request_seconds_(sum|count)$/.test(each[0]));
  const named = [...new Map(requests.filter((each) => each[1].algorithm).map((each) => [`${each[1].endpoint} ${each[1].algorithm}`, each[1]])).values()];
  const by = named.map(({ endpoint, algorithm }) => {
    const own = (list) => list.filter((each) => each[1].endpoint === endpoint && each[1].algorithm === algorithm);
    const outcome = (name) => sum(own(requests).filter((each) => each[1].outcome === name));
    const spent = (name) => sum(own(seconds).filter((each) => each[0].endsWith(name)));
    return [algorithm, endpoint, outcome("ok"), outcome("refused"), outcome("busy"), outcome("error"), (1000 * spent("sum")) / spent("count")];
  });
  fillTable("by", [t("algorithm"), t("endpoint"), "ok", "refused", "busy", "error", `${t("mean")}, ${t("ms")}`], by);
  fillTable("refused", [t("when"), t("endpoint"), t("algorithm"), t("rows"), t("outcome"), t("message")], refused.map((each) => [moment(each.time), each.endpoint, each.algorithm, each.rows, each.outcome, each.message]));
  fillTable("models", [t("name"), t("about"), t("state")], models.map((each) => [String(each.name ?? each.model ?? ""), explained(String(each.desc ?? each.type ?? "")), String(each.status ?? "")]));
}

// A table is only made anew when it has changed, so that who reads it keeps the place.
function fillTable(id, columns, rows) {
  const key = JSON.stringify([columns, rows]);
  if (at(id).dataset.key === key) return;
  at(id).dataset.key = key;
  at(id).replaceChildren(rows.length ? grid(columns, rows) : make("p", { className: "hint", textContent: t("nothing") }));
}
