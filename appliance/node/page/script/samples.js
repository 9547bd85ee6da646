// Tables to try: made by a formula, the same each time, but for the passengers (Box and Jenkins, 1976).
const PASSENGERS = "112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140 145 150 178 163 172 178 199 199 184 162 146 166 171 180 193 181 183 218 230 242 209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293 259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306 315 301 356 348 355 422 465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337 360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461 472 535 622 606 508 461 390 432";

function random(seed) {
  const uniform = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), seed / 4294967296);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

function hourly(rows, step, noise) {
  const normal = random(7), times = [], load = [], warmth = [];
  for (let i = 0; i < rows; i++) {
    const ms = Date.UTC(2026, 0, 5) + i * step, hour = (ms / 3600000) % 24, day = Math.floor(i * step / 86400000) % 7;
    const work = Math.exp(-(((hour - 13.5) / 4.2) ** 2)) * (1 - 0.04 * (day > 4));
    times.push(ms);
    warmth.push(Math.round((8 + 5 * Math.cos((2 * Math.PI * (hour - 15)) / 24) + 3 * Math.sin(i * step / 4e8) + normal()) * 100) / 100);
    load.push(Math.round((42 + 88 * work + noise * normal()) * 100) / 100);
  }
  return { times, load, warmth };
}

const SAMPLES = {
  load() {
    const { times, load, warmth } = hourly(1008, 3600000, 2.2);
    for (const [from, to, change] of [[207, 209, 62], [430, 448, 34], [655, 656, -38], [901, 904, 45]]) {
      for (let i = from; i < to; i++) load[i] = Math.round((load[i] + change) * 100) / 100;
    }
    return { name: t("building"), rows: times.length, columns: [{ name: "time", kind: "time", values: times }, { name: "power", kind: "number", values: load }, { name: "outdoors", kind: "number", values: warmth }] };
  },
  sales() {
    const values = PASSENGERS.split(" ").map(Number), times = values.map((_, i) => Date.UTC(1949, i, 1));
    return { name: t("sample_sales"), rows: values.length, columns: [{ name: "month", kind: "time", values: times }, { name: "passengers", kind: "number", values }] };
  },
  gaps() {
    const { times, load } = hourly(336, 3600000, 2.2);
    const kept = times.map((_, i) => !(i >= 100 && i < 124) && !(i >= 221 && i < 232) && i !== 60 && i !== 300);
    return { name: t("sample_gaps"), rows: 299, columns: [{ name: "time", kind: "time", values: times.filter((_, i) => kept[i]) }, { name: "power", kind: "number", values: load.filter((_, i) => kept[i]) }] };
  },
  long() {
    const { times, load } = hourly(40000, 60000, 2.2);
    for (const at of [5000, 17321, 17322, 30007]) load[at] += 70;
    return { name: t("sample_long"), rows: times.length, columns: [{ name: "time", kind: "time", values: times }, { name: "power", kind: "number", values: load }] };
  },
};
// which question comes first
const FIRST_KIND = { gaps: "imputation", sales: "forecast" };
