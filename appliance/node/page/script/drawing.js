// Charts. Rows are drawn by uPlot: only what a pixel can show of 40 000 of them.
let charts = [];
const ink = (name, alpha) => {
  const value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  return alpha === undefined ? value : `rgb(${value} / ${alpha})`;
};

// Draw into the two places of the card. `parts`: functions that return {series, data, ...} in the colours of the theme.
let drawn = [];
function draw(parts) {
  drawn = parts;
  const began = performance.now();
  for (const chart of charts) chart.destroy();
  charts = [];
  ["chart", "below"].forEach((place, i) => {
    at(place).hidden = !parts[i];
    if (parts[i]) charts.push(chart(at(place), parts[i]()));
  });
  requestAnimationFrame(() => (at("chart").dataset.drawnMs = (performance.now() - began).toFixed(0)));
}
function redraw() {
  if (drawn.length && !at("picture").hidden) draw(drawn);
}
function seeAll() {
  for (const each of charts) each.setData(each.data);
}

function chart(place, { series, data, bands = [], height = 320, windows = [], shading = "mark", numbers = false, label }) {
  const axis = { stroke: ink("soft"), grid: { stroke: ink("grid"), width: 1 }, ticks: { stroke: ink("grid"), width: 1 } };
  const values = (_, ticks) => ticks.map((tick) => shown(tick));
  const first = numbers ? { label, value: (_, x) => (x == null ? "–" : shown(x)) } : { label: t("time"), value: (_, x) => (x == null ? "–" : moment(x)) };
  return new uPlot({
    width: place.clientWidth || 600,
    height,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), "Etc/UTC"),
    scales: { x: { time: !numbers } },
    axes: [{ ...axis, ...(numbers ? { values } : {}) }, { ...axis, size: 62, values }],
    series: [first, ...series.map((each) => ({ value: (_, y) => shown(y), width: 1.6, ...each }))],
    bands,
    cursor: { sync: numbers ? {} : { key: "rows", setSeries: false }, focus: { prox: -1 } },
    hooks: {
      drawClear: [(plot) => shade(plot, windows, shading)],
      setScale: [(plot, key) => key === "x" && !numbers && together(plot)],
    },
  }, data, place);
}

// What one chart is zoomed to, the other is.
function together(plot) {
  const { min, max } = plot.scales.x;
  for (const each of charts) {
    if (each !== plot && (each.scales.x.min !== min || each.scales.x.max !== max)) each.setScale("x", { min, max });
  }
}

function shade(plot, windows, colour) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = ink(colour) + (colour === "mark" ? "33" : "");
  for (const [from, to] of windows) {
    const left = plot.valToPos(from, "x", true), width = plot.valToPos(to, "x", true) - left;
    ctx.fillRect(left - 2 * devicePixelRatio, bbox.top, width + 4 * devicePixelRatio, bbox.height);
  }
  ctx.restore();
}

const dots = (label, colour, size = 7) => ({ label, stroke: ink(colour), paths: () => null, points: { show: true, size, fill: ink(colour), stroke: ink(colour), width: 0 } });
const edge = (label) => ({ label, stroke: "transparent", width: 0, points: { show: false } });

new ResizeObserver(([{ contentRect }]) => {
  for (const each of charts) if (Math.abs(each.width - contentRect.width) > 1) each.setSize({ width: contentRect.width, height: each.height });
}).observe(document.getElementById("picture"));
