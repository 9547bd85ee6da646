// Forms from what algorithms declare: one field for each option, with its range and the line about it.
let described = null; // what page/algorithms tells
const HIDDEN = new Set(["scores", "explain", "rows", "start", "every", "return_conf"]); // asked for by the page itself

const kindOf = (type) => described.kinds.find((kind) => kind.type === type);
const chosenKind = () => document.querySelector("#kinds input:checked")?.value;
const algorithmOf = (kind, name) => kind.algorithms.find((each) => each.name === name);

function radios(place, name, entries, chosen, changed) {
  at(place).replaceChildren(...entries.flatMap(([value, text]) => {
    const id = `${name}-${value}`, input = make("input", { type: "radio", name, id, value, checked: value === chosen });
    input.addEventListener("change", changed);
    return [input, make("label", { htmlFor: id, textContent: text })];
  }));
}

function fillSelect(id, entries, chosen) {
  at(id).replaceChildren(...entries.map(([value, text]) => make("option", { value, textContent: text, selected: String(value) === String(chosen) })));
}

// The algorithms of the kind, with one of them and its options as they were, if it is of that kind.
function showAlgorithms(chosen, set = {}) {
  const kind = kindOf(chosenKind()), names = kind.algorithms.map((each) => each.name);
  const first = ["auto", "kalman", "pearsonr", kind.default].find((name) => names.includes(name)) ?? names[0];
  const usable = kind.algorithms.filter((each) => each.status !== "UNAVAIL" || each.name === first);
  const kept = names.includes(chosen);
  fillSelect("algorithm", usable.map((each) => [each.name, each.name]), kept ? chosen : first);
  at("ahead-field").hidden = kind.type !== "forecast";
  at("other-field").hidden = kind.type !== "correlation";
  showOptions();
  for (const input of kept ? document.querySelectorAll("#options .option") : []) input.value = set[input.name] ?? "";
  countOptions();
  showRivals(usable, first);
}

function showOptions() {
  const kind = kindOf(chosenKind()), algorithm = algorithmOf(kind, at("algorithm").value);
  const own = new Set(algorithm.options.map((each) => each.name));
  const all = [...algorithm.options, ...kind.common.filter((each) => !own.has(each.name) && !HIDDEN.has(each.name))];
  at("about").textContent = explained(algorithm.about);
  at("options").replaceChildren(...all.map(optionField));
  countOptions();
}

function optionField(option) {
  const id = `option-${option.name}`, help = `${id}-help`;
  const properties = { id, name: option.name, className: "option" };
  let input;
  if (option.only_choices) {
    input = make("select", properties, make("option", { value: "", textContent: `${t("unset")}${option.default ? `: ${option.default}` : ""}` }), ...option.choices.map((each) => make("option", { value: each, textContent: each })));
  } else {
    input = make("input", { ...properties, type: "text", placeholder: option.default, spellcheck: false, autocomplete: "off", inputMode: option.number ? "decimal" : "text" });
  }
  input.setAttribute("aria-describedby", help);
  input.addEventListener("input", () => {
    const fine = fits(option, input.value.trim());
    input.classList.toggle("wrong", !fine);
    input.setAttribute("aria-invalid", String(!fine));
    input.setCustomValidity(fine ? "" : t("must_be", { name: option.name, values: accepted(option.values) }));
    countOptions();
  });
  return make("div", {}, make("label", { htmlFor: id, textContent: option.name }), input, make("small", { id: help, textContent: [explained(option.about), accepted(option.values)].filter(Boolean).join(" — ") }));
}

// Whether a value can be right; what is no number is for the node to judge, where words are allowed.
function fits(option, text) {
  if (!text) return true;
  if (/[,="\\]/.test(text)) return false;
  if (option.choices.includes(text)) return true;
  if (!NUMBER.test(text)) return !option.number;
  const number = Number(text);
  return !(number < option.ge || number > option.le || number <= option.gt || number >= option.lt || (option.whole && !Number.isInteger(number)));
}

function setOptions() {
  const inputs = [...document.querySelectorAll("#options .option")];
  return Object.fromEntries(inputs.filter((each) => each.value.trim()).map((each) => [each.name, each.value.trim()]));
}

function countOptions() {
  const count = Object.keys(setOptions()).length;
  at("options-set").textContent = count ? t("number_set", { count }) : "";
}

function showRivals(algorithms, first) {
  const kind = chosenKind();
  const usual = { forecast: ["auto", "holtwinters", "theta"], "anomaly-detection": ["auto", "ksigma", "iqr", "shesd"] }[kind] ?? algorithms.slice(0, 3).map((each) => each.name);
  at("rivals").replaceChildren(...algorithms.map(({ name }) => make("label", {}, make("input", { type: "checkbox", value: name, checked: usual.includes(name) }), name)));
  at("compare-how").textContent = t({ forecast: "how_forecast", imputation: "how_imputation", correlation: "how_correlation" }[kind] ?? "how_detection");
  at("held-field").hidden = !["forecast", "imputation"].includes(kind);
}
