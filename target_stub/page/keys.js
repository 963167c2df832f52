// Keys: slash goes to the query, Escape ends or clears a search, arrows move through the results.

const query = document.getElementById("query");
const list = document.getElementById("results");

/** Listen; `stopped()` is called for Escape and returns whether there was something to stop. */
export function listening(stopped) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const step = STEPS[event.key];
    if (event.key === "/" && !writes(event.target)) {
      query.focus();
      query.select();
    } else if (event.key === "Escape") {
      if (!stopped()) escaped();
    } else if (!step || !stepped(event.target, step)) {
      return;
    }
    event.preventDefault();
  });
}

const STEPS = {
  ArrowDown: (place) => place + 1,
  ArrowUp: (place) => place - 1,
  Home: (place) => (place < 0 ? NaN : 0),
  End: (place, count) => (place < 0 ? NaN : count - 1),
};

function escaped() {
  if (document.activeElement === query) query.value = "";
  query.focus();
}

function stepped(from, step) {
  const titles = [...list.querySelectorAll(".title")];
  const place = titles.indexOf(from);
  if (place < 0 && from !== query && from !== document.body) return false;
  const next = step(place, titles.length);
  if (next === -1 && place === 0) query.focus();
  else if (titles[next]) titles[next].focus();
  else return false;
  titles[next]?.scrollIntoView({ block: "nearest" });
  return true;
}

function writes(target) {
  return target.isContentEditable || (target.matches("input, textarea, select") && !target.matches("[type=checkbox], [type=radio]"));
}
