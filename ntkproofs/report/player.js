"use strict";
(() => {
  const run = JSON.parse(document.getElementById("data").textContent);
  const player = document.querySelector(".player");
  const find = (selector) => player.querySelector(selector);
  const slider = find("input");
  const about = find(".about");
  const SHOWN = 200; // templates listed for a state
  const last = run.frames.length - 1;
  let now = 0;
  let timer = 0;

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function drawn(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // positions of the bits of a field in the order of display: numbers begin with the most significant bit
  function order(field) {
    const positions = Array.from({ length: field.width }, (_, index) => field.first + index);
    return field.text ? positions : positions.reverse();
  }

  // --- the bits

  const cells = []; // by position: the bit now, and the bit after the next step
  for (const field of run.fields) {
    const line = element("div", "field");
    const words = element("div", "words");
    const positions = order(field);
    const head = field.text ? 8 : positions.length % 8 || 8; // groups of eight, counted from the least significant bit
    for (let start = 0; start < positions.length; start += start ? 8 : head) {
      const word = element("div", "word");
      for (const position of positions.slice(start, start + (start ? 8 : head))) {
        cells[position] = [element("span", "cell"), element("span", "cell next")];
        for (const cell of cells[position]) cell.dataset.position = position;
        word.append(...cells[position]);
      }
      words.append(word);
    }
    line.append(element("b", "", field.name), words);
    find(".fields").append(line);
  }

  function showBits() {
    const state = run.frames[now].state;
    const before = now ? run.frames[now - 1].state : state;
    const next = now < last && run.frames[now].values ? run.frames[now + 1].state : null;
    cells.forEach(([cell, following], position) => {
      cell.textContent = state[position];
      cell.className = "cell" + (state[position] === "1" ? " one" : "") + (state[position] !== before[position] ? " changed" : "");
      following.textContent = next ? next[position] : "";
      following.className = "cell next" + (next && next[position] === "1" ? " one" : "");
      following.style.visibility = next ? "visible" : "hidden";
    });
  }

  function describe(position) {
    const frame = run.frames[now];
    if (!frame.values) return `${run.bits[position]} = ${frame.state[position]}`;
    const value = frame.distinct[frame.values[position]];
    const next = run.frames[now + 1].state[position];
    const size = value === null ? "beyond floating-point numbers" : value;
    return `${run.bits[position]} = ${frame.state[position]}; its ${run.value} is ${size}, ${next === "1" ? "above" : "not above"} the threshold ${run.threshold.text}: it becomes ${next}`;
  }

  find(".fields").addEventListener("pointerover", (event) => {
    const position = event.target.dataset.position;
    if (position !== undefined) about.textContent = describe(Number(position));
  });

  // --- the values and the threshold

  const numbers = run.frames.flatMap((frame) => (frame.distinct ?? []).filter((value) => value !== null));
  const low = Math.min(run.threshold.value, ...extremes(numbers));
  const high = Math.max(run.threshold.value, ...extremes(numbers));

  function extremes(values) {
    let [least, greatest] = [Infinity, -Infinity];
    for (const value of values) [least, greatest] = [Math.min(least, value), Math.max(greatest, value)];
    return values.length ? [least, greatest] : [];
  }

  const across = (value) => 70 + (610 * (value - low)) / (high - low || 1);

  function showValues() {
    const plot = find("svg");
    const frame = run.frames[now];
    plot.replaceChildren();
    find(".margins").textContent = "";
    if (!frame.values) {
      find("h2.values").textContent = "The last state";
      plot.style.display = "none";
      return;
    }
    plot.style.display = "";
    const name = run.value === "mean" ? "Means" : "Outputs";
    find("h2.values").textContent = `${name} of the bits in the next step`;
    plot.append(drawn("text", { x: 0, y: 44 }, "become 1"), drawn("text", { x: 0, y: 99 }, "become 0"));
    for (const y of [40, 95]) plot.append(drawn("line", { x1: 70, x2: 700, y1: y, y2: y, class: "axis" }));
    const x = across(run.threshold.value);
    plot.append(drawn("line", { x1: x, x2: x, y1: 8, y2: 122, class: "threshold" }));
    plot.append(drawn("text", { x, y: 140, "text-anchor": "middle" }, `threshold ${run.threshold.text}`));
    const next = run.frames[now + 1].state;
    const groups = new Map();
    frame.values.forEach((index, position) => {
      const key = `${next[position]} ${index}`;
      groups.set(key, (groups.get(key) ?? 0) + 1);
    });
    const sides = { 1: [], 0: [] };
    for (const [key, count] of groups) {
      const [bit, index] = key.split(" ");
      const value = frame.distinct[index];
      if (value === null) continue;
      sides[bit].push(value);
      const dot = drawn("circle", {
        cx: across(value), cy: bit === "1" ? 40 : 95, r: Math.min(16, 3 + Math.sqrt(count)), class: bit === "1" ? "one" : "zero",
      });
      dot.append(drawn("title", {}, `${count} ${count === 1 ? "bit" : "bits"}: ${run.value} ${value}`));
      plot.append(dot);
    }
    const parts = [];
    if (sides[1].length) parts.push(`least ${run.value} of a bit that becomes 1: ${extremes(sides[1])[0]}`);
    if (sides[0].length) parts.push(`greatest of a bit that becomes 0: ${extremes(sides[0])[1]}`);
    find(".margins").textContent = `${parts.join("; ")} (for display; the bits are decided rigorously)`;
    plot.setAttribute("aria-label", find(".margins").textContent);
  }

  // --- the templates

  function showTemplates() {
    const list = find(".templates");
    const matches = run.frames[now].matches;
    find("h2 .number").textContent = run.frames[now].values ? `(${matches.length})` : "";
    list.replaceChildren();
    for (const number of matches.slice(0, SHOWN)) {
      const item = element("li", "", run.templates[number].text);
      item.tabIndex = 0;
      const mark = () => markTemplate(run.templates[number]);
      const clear = () => showBits();
      item.addEventListener("pointerenter", mark);
      item.addEventListener("pointerleave", clear);
      item.addEventListener("focus", mark);
      item.addEventListener("blur", clear);
      list.append(item);
    }
    if (matches.length > SHOWN) list.append(element("li", "quiet", `… and ${matches.length - SHOWN} more`));
  }

  function markTemplate(template) {
    showBits();
    for (const [position] of template.when) cells[position][0].classList.add("read");
    for (const position of template.write) cells[position][1].classList.add("set");
  }

  // --- all states

  const canvas = find("canvas");
  const columns = run.fields.map(order);
  const width = run.bits.length + run.fields.length - 1; // one empty column between fields
  const scale = Math.max(1, Math.min(8, Math.floor(1100 / width)));
  const rows = Math.max(1, Math.min(scale, Math.floor(8000 / run.frames.length)));

  function showAll() {
    canvas.width = width * scale;
    canvas.height = run.frames.length * rows;
    const pen = canvas.getContext("2d");
    const probe = element("span");
    document.body.append(probe);
    const resolved = (name) => ((probe.style.color = `var(${name})`), getComputedStyle(probe).color);
    const [one, zero, line] = ["--blue", "--raised", "--orange"].map(resolved);
    probe.remove();
    run.frames.forEach((frame, index) => {
      let x = 0;
      for (const positions of columns) {
        for (const position of positions) {
          pen.fillStyle = frame.state[position] === "1" ? one : zero;
          pen.fillRect(x * scale, index * rows, scale, rows);
          x += 1;
        }
        x += 1;
      }
    });
    saved = pen.getImageData(0, 0, canvas.width, canvas.height);
    marker = line;
  }

  let saved = null;
  let marker = "";

  function showPlace() {
    const pen = canvas.getContext("2d");
    pen.putImageData(saved, 0, 0);
    pen.strokeStyle = marker;
    pen.lineWidth = 2;
    pen.strokeRect(1, now * rows - 1, canvas.width - 2, rows + 2);
  }

  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    go(Math.floor(((event.clientY - box.top) / box.height) * run.frames.length));
  });

  // --- moving

  function go(target) {
    now = Math.max(0, Math.min(last, target));
    slider.value = now;
    const { clock, step } = run.frames[now];
    find("output").textContent = (run.clocked ? `clock ${clock}, ` : "") + `step ${step}` + (run.clocked ? "" : ` of ${last}`);
    about.textContent = "\u00a0";
    showBits();
    showValues();
    showTemplates();
    showPlace();
    player.dataset.now = now;
  }

  function play(on) {
    clearInterval(timer);
    timer = 0;
    if (on) {
      if (now === last) go(0);
      timer = setInterval(() => (now === last ? play(false) : go(now + 1)), 1000 / Number(find("select").value));
    }
    const button = find("[data-go=play]");
    button.textContent = on ? "|| pause" : "▶ play";
    button.setAttribute("aria-pressed", on);
  }

  const moves = {
    first: () => go(0),
    back: () => go(now - 1),
    play: () => play(!timer),
    on: () => go(now + 1),
    last: () => go(last),
  };
  const keys = { Home: "first", ArrowLeft: "back", " ": "play", ArrowRight: "on", End: "last" };

  for (const button of player.querySelectorAll("[data-go]")) button.addEventListener("click", () => moves[button.dataset.go]());
  find("select").addEventListener("change", () => play(Boolean(timer)));
  slider.addEventListener("input", () => go(Number(slider.value)));
  document.addEventListener("keydown", (event) => {
    const move = keys[event.key];
    const own = event.target instanceof HTMLElement && event.target.matches("select, input, button");
    if (!move || event.ctrlKey || event.altKey || event.metaKey || (own && !(event.key.startsWith("Arrow") && event.target.matches("button")))) return;
    event.preventDefault();
    moves[move]();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (showAll(), go(now)));

  slider.max = last;
  player.hidden = false;
  showAll();
  go(0);
  document.documentElement.dataset.ready = "yes";
})();
