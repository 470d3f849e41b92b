// Recordings along time: what is so, what was called, how surely, and the streams with what moved one prediction.

const NARROW = 60, LANE = 58, ROW = 15, MOST_COLUMNS = 1600;
const classColour = (k) => LINES[k % LINES.length];

/** Samples of 16 bits, channel after channel, as numbers; NaN where nothing was observed. */
function decoded(text, ends) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const codes = new Uint16Array(bytes.buffer), n = codes.length / ends.length;
  return ends.map(([low, high], c) => Float32Array.from(codes.subarray(c * n, (c + 1) * n), (v) => (v === 65535 ? NaN : low + (v / 65534) * (high - low || 0))));
}

/** A model of the recordings: strips with their first step, streams with their first pieces. */
function recordingsOf(data) {
  const { strips, streams } = data;
  let step = 0;
  const places = strips.steps.map((n, k) => { const first = step; step += n; return { entity: strips.entity[k], start: strips.start_s[k], first, n }; });
  const lanes = streams.map((one) => {
    let piece = 0;
    const low = decoded(one.low, one.ends);
    return { ...one, low, high: one.high ? decoded(one.high, one.ends) : low, first: places.map(({ n }) => { const at = piece; piece += Math.ceil((n * one.rate) / one.per); return at; }) };
  });
  // a window belongs to the strip that holds its last step, and reaches back to the window before it
  const windows = data.windows.at.map((at, k) => ({ k, at, strip: places.findIndex(({ first, n }) => at >= first && at < first + n) }));
  windows.forEach((one, k) => { const before = windows[k - 1]; one.back = Math.min(data.steps, before && before.strip === one.strip ? one.at - before.at : data.steps); });
  return { places, lanes, windows };
}

/** Runs of equal values over pixels: what covers less than a pixel is merged. */
function runsOf(some, x, valueOf) {
  const runs = [];
  for (const one of some) {
    const from = x(one.at + 1 - one.back), to = x(one.at + 1), value = valueOf(one), last = runs[runs.length - 1];
    if (last && last.value === value && from - last.to < 1) last.to = to;
    else if (!last || to - last.drawn > 0.5) runs.push({ value, from, to, drawn: to });
    if (runs.length) runs[runs.length - 1].drawn = Math.max(runs[runs.length - 1].drawn, to);
  }
  return runs;
}

function bandOf(svg, runs, y, colourOf, nameOf) {
  for (const { value, from, to } of runs) {
    if (value === null || value < 0) continue;
    add(svg, draw("rect", { x: from.toFixed(1), y, width: Math.max(to - from, 0.6).toFixed(1), height: ROW - 3, fill: colourOf(value), "fill-opacity": 0.85 }, draw("title", {}, nameOf(value))));
    if (to - from > 7 * nameOf(value).length) add(svg, draw("text", { x: (from + to) / 2, y: y + ROW - 5.5, "text-anchor": "middle", class: "on" }, nameOf(value)));
  }
}

/** Least and largest values of one channel between two steps, at most one pair for each pixel: [x, low, high]. */
function envelope(lane, channel, strip, place, from, to, x) {
  const perStep = lane.rate / lane.per, low = lane.low[channel], high = lane.high[channel];
  const begin = Math.max(0, Math.floor((from - place.first) * perStep)), end = Math.min(Math.ceil(place.n * perStep), Math.ceil((to - place.first) * perStep));
  const points = [];
  for (let k = begin; k < end; k += 1) {
    const at = lane.first[strip] + k, px = x(place.first + (k + 0.5) / perStep), last = points[points.length - 1];
    if (Number.isNaN(low[at])) { if (last && last[1] !== null) points.push([px, null, null]); continue; }
    if (last && last[1] !== null && px - last[0] < 1) { last[1] = Math.min(last[1], low[at]); last[2] = Math.max(last[2], high[at]); } else points.push([px, low[at], high[at]]);
  }
  return points;
}

function envelopePath(points, y) {
  const pieces = [[]];
  for (const point of points) point[1] === null ? pieces.push([]) : pieces[pieces.length - 1].push(point);
  return pieces.filter((piece) => piece.length).map((piece) => {
    const there = piece.map(([px, , high]) => `${px.toFixed(1)} ${y(high).toFixed(1)}`);
    const back = [...piece].reverse().map(([px, low]) => `${px.toFixed(1)} ${y(low).toFixed(1)}`);
    // back the same way where nothing was merged: what is filled of an open path is a field that means nothing
    return `M${there.join("L")}L${back.join("L")}Z`;
  }).join("");
}

/** What is drawn of the predictions, for each kind of target: rows of bands, and lines with their ends. */
function rowsOf(data, label) {
  const w = data.windows, yes = ["no", "yes"];
  if (w.labels) {
    return { bands: [["true", (k) => w.labels[label][k], yes], ["called", (k) => Number(w.ps[label][k] >= 0.5), yes]], wrong: (k) => w.wrongs[label][k],
      lines: [{ name: "probability", at: (k) => w.ps[label][k], colour: "var(--r)" }], ends: [0, 1], mark: 0.5 };
  }
  if (w.number) {
    const all = [...w.number, ...w.predicted].filter(known);
    return { bands: [], wrong: () => false, ends: [Math.min(...all), Math.max(...all)], lines: [{ name: "true", at: (k) => w.number[k], colour: "var(--soft)" }, { name: "predicted", at: (k) => w.predicted[k], colour: "var(--r)" }] };
  }
  return { bands: [["true", (k) => w.label[k], DATA.classes], ["called", (k) => w.called[k], DATA.classes]], wrong: (k) => w.wrong[k],
    lines: [{ name: "probability of what was called", at: (k) => w.p[k], colour: "var(--soft)", dash: "3 3" }, { name: "of what is true", at: (k) => w.p_label[k], colour: "var(--ink)" }], ends: [0, 1], mark: 0.5 };
}

/** The chart of one entity; pick(k) is called with the number of a window that has been chosen and is explained.
 *  Gives { show(example) } to choose a window from elsewhere. */
function timelineFrame(host, data, examples, pick) {
  const { places, lanes, windows } = recordingsOf(data), T = data.steps;
  const explained = new Map(windows.filter(({ k }) => data.windows.example[k] >= 0).map((one) => [data.windows.example[one.k], one.k]));
  const state = { k: 0, around: 6, label: 0 };
  const entityOf = (k) => places[windows[k].strip].entity;
  const clock = (one) => places[one.strip].start + (one.at + 1 - places[one.strip].first) * data.step_s;
  const of = (entity) => windows.filter((one) => places[one.strip].entity === entity);

  function range() {
    const whole = places.filter(({ entity }) => entity === entityOf(state.k)), low = whole[0].first, last = whole[whole.length - 1], high = last.first + last.n;
    if (state.around === 0 || state.around * T >= high - low) return { low, high, from: low, to: high };
    const middle = windows[state.k].at + 1 - T / 2, half = (state.around * T) / 2, from = Math.max(low, Math.min(middle - half, high - 2 * half));
    return { low, high, from, to: Math.min(high, from + 2 * half) };
  }

  function drawRows(svg, some, x, y, left, width) {
    const rows = rowsOf(data, state.label), inside = (step) => Math.max(left, Math.min(width, x(step)));
    let at = y;
    for (const [name, valueOf, names] of rows.bands) {
      add(svg, draw("text", { x: left - 8, y: at + ROW - 5, "text-anchor": "end", class: "tick" }, name));
      bandOf(svg, runsOf(some, inside, ({ k }) => valueOf(k)), at, classColour, (v) => names[v]);
      at += ROW;
    }
    const wrong = some.filter(({ k }) => rows.wrong(k));
    if (rows.bands.length) add(svg, draw("text", { x: left - 8, y: at + ROW - 5, "text-anchor": "end", class: "tick" }, "wrong"));
    for (const { from, to } of runsOf(wrong, inside, () => 1)) add(svg, draw("rect", { x: from.toFixed(1), y: at + 2, width: Math.max(to - from, 1.5).toFixed(1), height: ROW - 7, fill: "var(--focus)" }));
    at += rows.bands.length ? ROW : 0;
    const place = (v) => at + 40 - (36 * (v - rows.ends[0])) / (rows.ends[1] - rows.ends[0] || 1);
    add(svg, draw("line", { x1: left, x2: width, y1: place(rows.mark ?? rows.ends[0]), y2: place(rows.mark ?? rows.ends[0]), class: "rule" }),
      draw("text", { x: left - 8, y: place(rows.ends[1]) + 8, "text-anchor": "end", class: "tick" }, tight(rows.ends[1])), draw("text", { x: left - 8, y: place(rows.ends[0]) + 2, "text-anchor": "end", class: "tick" }, tight(rows.ends[0])));
    for (const { at: valueOf, colour, dash } of rows.lines) {
      const points = [];
      some.forEach((one, n) => {
        const value = known(valueOf(one.k)) ? place(valueOf(one.k)) : null;
        const before = n > 0 && some[n - 1].strip === one.strip, after = n < some.length - 1 && some[n + 1].strip === one.strip;
        if (!before) points.push([null, null]);
        // without neighbours there is no line between ends of windows: it holds over the last step
        if (!before && !after) points.push([x(one.at), value]);
        points.push([x(one.at + 1), value]);
      });
      add(svg, draw("path", { d: pathOf(thinned(points)), fill: "none", stroke: colour, "stroke-width": 1.4, "stroke-dasharray": dash || null }));
    }
    return at + 46;
  }

  /** Of points that share a pixel the least and the largest stay. */
  function thinned(points) {
    if (points.length < MOST_COLUMNS) return points;
    const some = [];
    let column = null;
    for (const point of points) {
      const here = known(point[0]) ? Math.floor(point[0]) : null;
      if (here === null || here !== column) { some.push(point, point); column = here; continue; }
      if (point[1] < some[some.length - 2][1]) some[some.length - 2] = point;
      if (point[1] > some[some.length - 1][1]) some[some.length - 1] = point;
    }
    return some;
  }

  function drawOverview(width, left) {
    const { low, high, from, to } = range(), x = (step) => left + ((step - low) / (high - low)) * (width - left - 2);
    const svg = draw("svg", { viewBox: `0 0 ${width} 100`, class: "chart", id: "overview" });
    const some = of(entityOf(state.k)), bottom = drawRows(svg, some, x, 2, left, width);
    const one = windows[state.k];
    add(svg, draw("rect", { x: x(from), y: 0, width: Math.max(3, x(to) - x(from)), height: bottom, class: "view" }), draw("path", { d: `M${x(one.at + 1 - T / 2) - 5} ${bottom + 8}h10l-5 -8Z`, fill: "var(--focus)" }));
    put(svg, { viewBox: `0 0 ${width} ${bottom + 10}` });
    return clickable(svg, width, some, x);
  }

  /** Choose the window nearest to a click. */
  function clickable(svg, width, some, x) {
    svg.addEventListener("click", (event) => {
      const seen = svg.getBoundingClientRect(), px = ((event.clientX - seen.left) * width) / seen.width;
      choosing(some.reduce((best, one) => (Math.abs(x(one.at + 1 - one.back / 2) - px) < Math.abs(x(best.at + 1 - best.back / 2) - px) ? one : best)).k);
    });
    put(svg, { class: "chart picks" });
    return svg;
  }

  function drawLane(svg, lane, y, { from, to }, x, left, width) {
    const drawn = lane.channels.map((_, c) => places.flatMap((place, strip) => (place.entity !== entityOf(state.k) || place.first >= to || place.first + place.n <= from ? [] : [[null, null, null], ...envelope(lane, c, strip, place, from, to, x)])));
    const seen = drawn.flat().filter((point) => point[1] !== null);
    const low = seen.reduce((v, point) => Math.min(v, point[1]), Infinity), high = seen.reduce((v, point) => Math.max(v, point[2]), -Infinity);
    const place = (v) => y + LANE - 6 - ((v - low) / (high - low || 1)) * (LANE - 12);
    shade(svg, lane.name, y, x);
    add(svg, draw("line", { x1: left, x2: width, y1: y + LANE, y2: y + LANE, class: "rule" }));
    if (!seen.length) add(svg, draw("text", { x: left + 8, y: y + LANE / 2, class: "tick" }, "nothing was observed here"));
    else for (const [v, at] of [[high, y + 12], [low, y + LANE - 6]]) add(svg, draw("text", { x: left - 8, y: at, "text-anchor": "end", class: "tick" }, tight(v)));
    drawn.forEach((points, c) => add(svg, draw("path", { d: envelopePath(points, place), fill: LINES[c], "fill-opacity": 0.55, stroke: LINES[c], "stroke-width": 1, class: "stream" })));
    const unit = (lane.units || []).filter(Boolean)[0], name = unit ? `${lane.name}, ${unit}` : lane.name, title = draw("title", {}, `${lane.name}: ${lane.channels.join(", ")}${unit ? ` (${unit})` : ""}`);
    // beside the lane where there is room, else in it
    add(svg, left > NARROW ? draw("text", { x: left - 8, y: y + LANE / 2 + 4, "text-anchor": "end", class: "name" }, clipped(name, Math.floor((left - 10) / 6.4)), title)
      : draw("text", { x: left + 4, y: y + 12, class: "name within" }, name, title));
  }

  /** What moved the prediction, on the steps of the window: time runs to the right, so lag 0 is last. */
  function shade(svg, name, y, x) {
    const one = examples[data.windows.example[state.k]], m = NAMES.indexOf(name), at = windows[state.k].at;
    if (!one) return;
    const far = Math.max(...one.relevance.flat().map(Math.abs), 1e-9);
    one.relevance[m].forEach((v, l) => one.observed[m][l] && add(svg, draw("rect", { x: x(at - l).toFixed(1), y, width: Math.max(x(at + 1 - l) - x(at - l), 0.5).toFixed(1), height: LANE, class: v > 0 ? "hot moved" : "cold moved", "fill-opacity": (0.75 * Math.abs(v) / far).toFixed(3) },
      draw("title", {}, `${name} ${lagName(l * data.step_s)} before: ${fixed(v * TO_BITS, 2)} ${KIND.relevance}`))));
  }

  function drawDetail(width, left) {
    const view = range(), x = (step) => left + ((step - view.from) / (view.to - view.from)) * (width - left - 2);
    const svg = draw("svg", { viewBox: `0 0 ${width} 100`, class: "chart", id: "detail" });
    const some = of(entityOf(state.k)).filter((one) => one.at + 1 > view.from && one.at + 1 - one.back < view.to);
    const shown = svg.appendChild(draw("svg", { x: 0, y: 0 }));
    const top = drawRows(shown, some, x, 2, left, width);
    lanes.forEach((lane, k) => drawLane(shown, lane, top + k * (LANE + 4), view, x, left, width));
    const bottom = top + lanes.length * (LANE + 4), one = windows[state.k];
    add(shown, draw("rect", { x: x(one.at + 1 - T), y: 0, width: x(one.at + 1) - x(one.at + 1 - T), height: bottom, class: "view" }));
    for (const place of places) if (place.first > view.from && place.first < view.to && place.entity === entityOf(state.k)) add(shown, draw("line", { x1: x(place.first), x2: x(place.first), y1: 0, y2: bottom, class: "mark" }, draw("title", {}, "a gap, or another recording")));
    timeTicks(shown, view, x, bottom, left, width);
    put(svg, { viewBox: `0 0 ${width} ${bottom + 40}`, role: "img", "aria-label": "The same around the chosen window, with the streams." });
    put(shown, { width, height: bottom + 40 });
    return clickable(svg, width, some, x);
  }

  /** The clock of the recording; of the strip that holds most of what is seen. */
  function timeTicks(svg, view, x, bottom, left, width) {
    const there = places.filter((place) => place.entity === entityOf(state.k) && place.first < view.to && place.first + place.n > view.from);
    let taken = -Infinity;
    for (const place of there) {
      const from = Math.max(view.from, place.first), to = Math.min(view.to, place.first + place.n), second = (step) => place.start + (step - place.first) * data.step_s;
      for (const v of ticksOf(second(from), second(to), Math.max(1, Math.floor((x(to) - x(from)) / 90)))) {
        const px = x(place.first + (v - place.start) / data.step_s), half = 3.6 * short4(v).length;
        if (px - half < taken || px > width - half) continue;
        taken = px + half + 6;
        add(svg, draw("line", { x1: px, x2: px, y1: bottom, y2: bottom + 4, class: "zero" }), draw("text", { x: px, y: bottom + 17, "text-anchor": "middle", class: "tick" }, short4(v)));
      }
    }
    add(svg, draw("text", { x: (left + width) / 2, y: bottom + 34, "text-anchor": "middle", class: "axis" }, "seconds on the clock of the recording"));
  }

  function saying() {
    const one = windows[state.k], w = data.windows, example = examples[w.example[state.k]], who = `${data.entities[entityOf(state.k)]}, window to ${short4(clock(one))} s`;
    if (example) return `${who}: ${windowSentence(example)}`;
    const seen = w.labels ? `${DATA.classes[state.label]} ${w.labels[state.label][state.k] < 0 ? "is not known" : w.labels[state.label][state.k] ? "holds" : "does not hold"}; the model says ${percent(w.ps[state.label][state.k])}`
      : w.number ? `it is ${short4(w.number[state.k])}; the model says ${short4(w.predicted[state.k])}`
        : `it is ${DATA.classes[w.label[state.k]]}; the model calls ${DATA.classes[w.called[state.k]]}, with a probability of ${percent(w.p[state.k])}`;
    return `${who}: ${seen}. What moved this prediction was not worked out; it was for ${counted(explained.size, "window")}, those of which one asks first: the least sure, and wrong ones.`;
  }

  const entity = picker("Recordings of", data.entities.map((name, k) => [k, name]), 0, (v) => {
    const all = of(Number(v)), asked = all.filter(({ k }) => data.windows.example[k] >= 0);
    choosing((asked.find(({ k }) => data.windows.wrong[k]) || asked[0] || all[0]).k);
  }, "timeline-entity");
  const around = picker("Around it", [[1.5, "the window alone"], [6, "six windows"], [24, "twenty-four windows"], [0, "all of it"]], 6, (v) => { state.around = Number(v); made.again(); }, "timeline-around");
  const label = data.windows.labels && picker("Label", DATA.classes.map((name, k) => [k, name]), 0, (v) => { state.label = Number(v); made.again(); }, "timeline-label");
  const field = el("input", { type: "number", id: "timeline-window", min: 1, max: windows.length, value: 1, onchange: () => choosing(Math.max(1, Math.min(windows.length, Number(field.value) || 1)) - 1) });
  const wrongs = windows.filter(({ k }) => data.windows.wrong[k]).map(({ k }) => k);
  const step = (by) => choosing((state.k + by + windows.length) % windows.length);
  const mistake = (by) => choosing(by > 0 ? wrongs.find((k) => k > state.k) ?? wrongs[0] : wrongs.findLast((k) => k < state.k) ?? wrongs[wrongs.length - 1]);
  const button = (text, act) => el("button", { type: "button", onclick: act }, text);
  const sentence = el("p", { class: "sentence", id: "timeline-told", "aria-live": "polite" });

  function choosing(k) {
    state.k = k;
    if (data.windows.example[k] >= 0) pick(data.windows.example[k]);
    update();
  }
  function update() {
    entity.querySelector("select").value = entityOf(state.k);
    field.value = state.k + 1;
    sentence.textContent = saying();
    made.again();
    remember();
  }
  const merged = lanes.filter((lane) => lane.per > 1).map((lane) => (lane.per * data.step_s) / lane.rate);
  const made = frame(host, {
    id: "timeline", title: "Recordings along time",
    caption: `Above all of a recording, below what is around the window in the frame; choose a window by a click, or with the buttons. On the streams, blue spoke for what was called and orange against it, at the step where it stands.${merged.length ? ` Streams are drawn from the least and the largest sample of every ${short(Math.max(...merged))} s at most: no spike is lost.` : ""}`,
    controls: [entity, labelled("Window", field), el("span", { class: "control" }, button("Previous", () => step(-1)), button("Next", () => step(1))),
      wrongs.length ? el("span", { class: "control" }, button("Mistake before", () => mistake(-1)), button("Next mistake", () => mistake(1))) : null, around, label],
    label: () => saying(),
    draw: (width) => { const left = width < 560 ? 52 : 150; return [drawOverview(width, left), drawDetail(width, left), legend(legendOf())]; },
    table: () => tidyWindows(),
  });
  function legendOf() {
    const rows = rowsOf(data, state.label), used = rows.bands.length ? rows.bands[0][2].map((name, k) => ({ name, colour: classColour(k) })) : [];
    return [...used, ...rows.lines];
  }
  function tidyWindows() {
    const rows = rowsOf(data, state.label);
    return { columns: ["entity", "time (s)", ...rows.bands.map(([name]) => name), ...rows.lines.map(({ name }) => name)],
      rows: windows.map((one) => [data.entities[places[one.strip].entity], clock(one), ...rows.bands.map(([, valueOf, names]) => names[valueOf(one.k)] ?? null), ...rows.lines.map(({ at }) => at(one.k))]) };
  }
  made.box.before(sentence);
  return { show: (example) => { state.k = explained.get(example) ?? state.k; update(); } };
}
