"use strict";
(() => {
  const root = document.documentElement;
  const table = document.querySelector(".verdicts");
  const rows = [...table.tBodies[0].rows];
  const search = document.querySelector(".controls input");
  const verdicts = [...document.querySelectorAll(".controls button")];
  const count = document.querySelector(".controls output");
  root.classList.add("js");

  function filter() {
    const words = search.value.trim().toLowerCase().split(/\s+/);
    const chosen = verdicts.filter((button) => button.getAttribute("aria-pressed") === "true").map((button) => button.value);
    let visible = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const matches = words.every((word) => text.includes(word)) && (!chosen.length || chosen.includes(row.dataset.kind));
      row.hidden = !matches;
      visible += matches;
    }
    count.textContent = `${visible} of ${rows.length}`;
  }
  search.addEventListener("input", filter);
  for (const button of verdicts) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
      filter();
    });
  }
  filter();

  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    const button = document.createElement("button");
    button.append(...cell.childNodes);
    cell.append(button);
    button.addEventListener("click", () => {
      const direction = cell.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent;
      rows.sort((a, b) => direction * key(a).localeCompare(key(b), "en", { numeric: true }));
      table.tBodies[0].append(...rows);
    });
  });

  function openTarget() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
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
    for (const claim of closed) claim.open = true;
  });
  addEventListener("afterprint", () => {
    for (const claim of closed) claim.open = false;
  });
  root.dataset.ready = "yes";
})();
