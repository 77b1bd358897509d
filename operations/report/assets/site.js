// What a reader chooses decides which published rows are drawn and listed. Nothing is
// computed here: every text and every number comes with the page.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const form = document.querySelector("form.filters");
const selects = new Map(
  data.choices.map((name) => [name, document.getElementById(`choose-${name}`)]),
);
const first = new Map([...selects].map(([name, select]) => [name, select.value]));
const views = new Map();
document.documentElement.classList.add("js");

const chosen = (name) => selects.get(name)?.value;
const matches = (keys, names) => names.every((name) => keys[name] === chosen(name));

// A choice that no figure has rows for gives way to the first one that has.
function settle() {
  data.choices.forEach((name, place) => {
    if (name in data.all) return;
    const before = data.choices.slice(0, place);
    const there = new Set();
    for (const figure of Object.values(data.figures)) {
      if (!figure.filters.includes(name)) continue;
      const names = figure.filters.filter((each) => before.includes(each));
      for (const row of figure.rows) if (matches(row, names)) there.add(row[name]);
    }
    const select = selects.get(name);
    for (const option of select.options) option.disabled = !there.has(option.value);
    if (there.size && !there.has(select.value)) {
      select.value = [...select.options].find((option) => !option.disabled).value;
    }
  });
}

// What of the choices a figure shows: shown.py says it of those at first.
function scope(names) {
  const told = data.choices
    .filter((name) => names.includes(name) && chosen(name) !== data.all[name])
    .map((name) => selects.get(name).selectedOptions[0].textContent.trim());
  const cells = Object.keys(data.all).filter((name) => selects.has(name));
  const ofCells = names.length === 0 || names.some((name) => cells.includes(name));
  const whole = ofCells && cells.every((name) => chosen(name) === data.all[name] || !names.includes(name));
  return (whole ? [data.words.whole, ...told] : told).join(", ");
}

function draw(name, figure) {
  const section = document.getElementById(name);
  const rows = figure.rows.filter((row) => matches(row, figure.filters));
  section.classList.toggle(
    "chosen",
    figure.filters.some((each) => chosen(each) !== first.get(each)),
  );
  const live = section.querySelector(".live");
  if (live) {
    section.querySelector(".scope").textContent = scope(figure.filters);
    let view = views.get(name);
    if (!view) {
      view = new vega.View(vega.parse(structuredClone(charts[figure.vega])), {
        renderer: "svg",
        container: live.firstElementChild,
        locale: data.locale,
      });
      views.set(name, view);
    }
    // Without its data a view would be drawn once for nothing.
    view.data("rows", structuredClone(rows));
    view.runAsync();
    const reasons = [...new Set(rows.map((row) => row.reason).filter(Boolean))];
    const told = section.querySelector(".reasons");
    told.hidden = reasons.length === 0;
    told.textContent = `${data.words.withheld_mark} ${reasons.join("; ")}`;
  }
  for (const line of section.querySelectorAll("tr[data-keys]")) {
    line.hidden = !matches(JSON.parse(line.dataset.keys), figure.filters);
  }
}

function tell() {
  for (const tile of data.tiles) {
    const whole = tile.faces.length === 1;
    const face = tile.faces.find((each) => whole || matches(each, ["group", "region"]));
    const place = document.getElementById(`tile-${tile.name}`);
    if (!face) continue;
    for (const part of ["value", "meaning", "change"]) {
      place.querySelector(`[data-part=${part}]`).textContent = face[part];
    }
    const value = place.querySelector("[data-part=value]").classList;
    value.toggle("untold", !face.is_told);
    value.toggle("long", face.is_told && face.value.length > 8);
    place.querySelector("[data-part=change]").dataset.direction = face.direction;
  }
  const scale = data.in_words.find((each) =>
    matches(each, ["company", "regime", "basis", "year"]),
  );
  if (data.in_words.length) {
    const items = (scale?.sentences ?? []).map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    });
    const place = document.getElementById("in-words");
    place.querySelector("ul").replaceChildren(...items);
    place.querySelector(".scope").textContent = scope(data.choices);
  }
}

function show() {
  settle();
  for (const [name, figure] of Object.entries(data.figures)) {
    try {
      draw(name, figure);
    } catch (error) {
      // The picture says the same as the chart.
      document.getElementById(name).classList.add("picture");
      console.error(error);
    }
  }
  tell();
}

function say() {
  const choice = [...selects.values()]
    .map((select) => select.selectedOptions[0]?.textContent)
    .join(", ");
  document.getElementById("showing").textContent = data.words.showing.replace(
    "{choice}",
    choice,
  );
}

form?.addEventListener("change", ({ target }) => {
  const all = data.all[target.name];
  if (all && target.value !== all) {
    // Groups and regions are not told of together.
    for (const other of Object.keys(data.all)) {
      if (other !== target.name && selects.has(other)) {
        selects.get(other).value = data.all[other];
      }
    }
  }
  show();
  say();
});

form?.addEventListener("reset", (event) => {
  event.preventDefault();
  for (const [name, select] of selects) select.value = first.get(name);
  show();
  say();
});

// Of a small screen a chart has the width; Vega learns of it by the window alone.
show();
