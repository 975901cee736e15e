"use strict";
(() => {
  const root = document.documentElement;
  const table = document.querySelector(".verdicts");
  const rows = [...table.tBodies[0].rows];
  const words = document.querySelector(".controls input");
  const kinds = [...document.querySelectorAll(".controls button")];
  const shown = document.querySelector(".controls output");
  root.classList.add("js");

  function filter() {
    const wanted = words.value.trim().toLowerCase().split(/\s+/);
    const chosen = kinds.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.value);
    let left = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = wanted.every((word) => text.includes(word)) && (!chosen.length || chosen.includes(row.dataset.kind));
      row.hidden = !fits;
      left += fits;
    }
    shown.textContent = `${left} of ${rows.length}`;
  }
  words.addEventListener("input", filter);
  for (const each of kinds) {
    each.addEventListener("click", () => {
      each.setAttribute("aria-pressed", each.getAttribute("aria-pressed") !== "true");
      filter();
    });
  }
  filter();

  [...table.tHead.rows[0].cells].forEach((cell, place) => {
    const button = document.createElement("button");
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const turn = cell.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", turn > 0 ? "ascending" : "descending");
      const key = (row) => row.cells[place].dataset.key ?? row.cells[place].textContent;
      rows.sort((a, b) => turn * key(a).localeCompare(key(b), "en", { numeric: true }));
      table.tBodies[0].append(...rows);
    });
  });

  function openTarget() {
    const goal = location.hash && document.getElementById(location.hash.slice(1));
    if (goal instanceof HTMLDetailsElement) goal.open = true;
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  const theme = document.querySelector("header nav button");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details.claim:not([open])")];
    for (const each of closed) each.open = true;
  });
  addEventListener("afterprint", () => {
    for (const each of closed) each.open = false;
  });
  root.dataset.ready = "yes";
})();
