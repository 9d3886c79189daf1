// The body map by keyboard: one stop in the tab order, arrows go to the nearest slot that way.
// Without this script every slot is a link in the tab order.
"use strict";

const toward = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

function place(link) {
  const dot = link.querySelector("use");
  return [dot.x.baseVal.value, dot.y.baseVal.value];
}

// The nearest one in a direction: what lies aside counts double.
function nearest(links, from, [dx, dy]) {
  const [x, y] = place(from);
  let best = null;
  let least = Infinity;
  for (const link of links) {
    const [ox, oy] = place(link);
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (link !== from && ahead > 0 && ahead + 2 * aside < least) {
      best = link;
      least = ahead + 2 * aside;
    }
  }
  return best;
}

function only(links, one) {
  for (const link of links) link.setAttribute("tabindex", link === one ? "0" : "-1");
}

function prepare(map) {
  const links = [...map.querySelectorAll("a")];
  if (links.length) only(links, links[0]);
  map.addEventListener("focusin", (event) => only(links, event.target.closest("a")));
  map.addEventListener("keydown", (event) => {
    const from = event.target.closest("a");
    const ends = { Home: links[0], End: links[links.length - 1] };
    const next = ends[event.key] ?? (toward[event.key] && nearest(links, from, toward[event.key]));
    if (!next || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
  });
}

for (const map of document.querySelectorAll("[data-bodymap]")) prepare(map);
