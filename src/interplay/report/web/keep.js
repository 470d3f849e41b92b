// What the model needs: what is lost without a part, and how few modalities tell nearly all.

const KEEP = DATA.sections.keep;

function partsFrame(host) {
  const { parts, score_names: scoreNames } = KEEP, keys = Object.keys(scoreNames).filter((key) => known(parts[0][key]));
  if (parts.length < 2 || !keys.length) return;
  let key = keys.includes(KEEP.main) ? KEEP.main : keys[0], all = parts.length <= 16;
  const rows = () => {
    const [first, ...rest] = parts.map((part) => ({ name: part.name, value: part[key], low: part[`${key}_low`], high: part[`${key}_high`] }));
    const worst = ["mae", "rmse", "log_loss_bits", "brier", "ece"].includes(key) ? -1 : 1;
    const sorted = rest.sort((a, b) => worst * ((a.value ?? 0) - (b.value ?? 0)));
    return [{ ...first, main: true }, ...sorted];
  };
  const made = frame(host, {
    id: "parts", title: "What is lost when a part is missing?", caption: "The same trained model, with its context blanked or a modality unobserved at test time; none is trained anew. What hurts most comes first. Lines are 95 % intervals of the score; the dotted line is the score with everything.",
    controls: [picker("Score", keys.map((name) => [name, scoreNames[name]]), key, (name) => { key = name; made.again(); }, "score"),
      parts.length > 16 ? ticked("all modalities", all, (on) => { all = on; made.again(); }) : null],
    label: () => rows().slice(0, 4).map((row) => `${row.name}: ${fixed(row.value)}`).join("; "),
    draw: (width) => {
      const shown = all ? rows() : rows().slice(0, 13), ends = shown.flatMap((row) => [row.low, row.high, row.value]).filter(known);
      const low = Math.min(...ends), high = Math.max(...ends), pad = 0.06 * (high - low || 1);
      return dotRows(shown.map((row) => ({ ...row, tip: `${row.name}: ${fixed(row.value)}` })), { width, x: [low - pad, high + pad], xTitle: scoreNames[key], mark: shown[0].value });
    },
    table: () => ({ columns: ["part", scoreNames[key], "from", "to"], rows: rows().map((row) => [row.name, row.value, row.low, row.high]) }),
  });
}

function budgetFrame(host) {
  const rows = KEEP.budget;
  if (!rows.length) return;
  const last = rows[rows.length - 1].k;
  frame(host, {
    id: "budget", title: "How few are enough?", caption: "What the best modalities tell together, as far as single modalities and pairs say, each at the lag where it tells most. Estimates; interplay select measures such sets by entities that were held out.",
    label: () => rows.map((row) => `${row.k} of ${last}: ${fixed(row.bits, 2)} bits`).join("; "),
    draw: (width) => {
      const xs = rows.map((_, k) => k + 1), top = Math.max(...rows.map((row) => row.bits), 0.01);
      const plot = axes({ width: Math.min(width, 620), height: 260, x: [0.6, rows.length + 0.4], y: [0, top * 1.08], xTitle: "modalities kept", yTitle: "bits", xTicks: [] });
      line(plot, xs, rows.map((row) => row.bits), "var(--r)");
      rows.forEach((row, k) => {
        dot(plot, k + 1, row.bits, "var(--r)", { tip: `${row.k}: ${fixed(row.bits, 2)} bits, ${percent(row.share)}: ${row.modalities}` });
        add(plot.svg, draw("text", { x: plot.x(k + 1), y: 260 - 27, "text-anchor": "middle", class: "tick" }, k && row.k > rows[k - 1].k + 1 ? `all ${row.k}` : row.k));
      });
      return [plot.svg, el("ol", { class: "sets" }, rows.map((row) => el("li", { value: row.k }, el("span", { class: "n" }, percent(row.share)), ` ${row.modalities}`)))];
    },
    table: () => ({ columns: ["kept", "bits", "share", "modalities"], rows: rows.map((row) => [row.k, row.bits, row.share, row.modalities]) }),
  });
}

section("keep", () => {
  const host = hostOf("keep-host");
  partsFrame(host);
  budgetFrame(host);
});
