// Filters: the values that the matching documents have, to tick; ticked ones stay, whatever is found.

import { FACETS } from "./asked.js";
import { element } from "./marked.js";

const SHOWN = 8; // of a facet's values, until all are asked for
const TITLES = { package: "Package", kind: "Kind" };
const aside = document.getElementById("filters");
const place = document.getElementById("facets");
const whole = new Set(); // the facets of which all values are shown

/** Show the counts; `changed(facet, values)` is called when a value is ticked or not any more. */
export function counted(facets, asked, changed) {
  const focused = document.activeElement?.dataset?.key;
  const groups = FACETS.map((facet) => group(facet, facets?.[facet] ?? [], asked[facet], changed)).filter(Boolean);
  place.replaceChildren(...groups);
  aside.hidden = groups.length === 0;
  if (focused) [...place.querySelectorAll("[data-key]")].find((its) => its.dataset.key === focused)?.focus();
}

function group(facet, counts, ticked, changed) {
  const known = new Set(counts.map((its) => its.value));
  const all = [...ticked.filter((its) => !known.has(its)).map((value) => ({ value, count: 0 })), ...counts];
  if (!all.length) return null;
  const some = whole.has(facet) ? all : all.filter((its, index) => index < SHOWN || ticked.includes(its.value));
  const children = [element("legend", { text: TITLES[facet] }), ...some.map((its) => choice(facet, its, ticked, changed))];
  if (some.length < all.length) {
    const more = element("button", { kind: "quiet", text: `Show all ${all.length}`, attributes: { type: "button" } });
    more.addEventListener("click", () => {
      whole.add(facet);
      const made = group(facet, counts, ticked, changed);
      more.parentElement.replaceWith(made);
      made.querySelectorAll("input")[some.length]?.focus();
    });
    children.push(more);
  }
  return element("fieldset", { children });
}

function choice(facet, { value, count }, ticked, changed) {
  const box = element("input", { attributes: { type: "checkbox", "data-key": `${facet} ${value}` } });
  box.checked = ticked.includes(value);
  box.addEventListener("change", () => {
    changed(facet, box.checked ? [...ticked, value] : ticked.filter((its) => its !== value));
  });
  const name = element("span", { kind: "value", text: value || "(none)" });
  return element("label", { children: [box, name, element("span", { kind: "count", text: String(count) })] });
}
