// What a third modality adds to a pair, and whether redundancy or synergy prevails in a triple.

function rangeOf(rows) {
  const ends = [0, ...rows.flatMap((row) => [row.low, row.high, row.value])].filter(known), low = Math.min(...ends), high = Math.max(...ends);
  return [low - 0.04 * (high - low || 1), high + 0.04 * (high - low || 1)];
}

const atLag = (row) => `${row.name}: ${fixed(row.value)} bits (95 % interval ${fixed(row.low)} to ${fixed(row.high)}) at a lag of ${lagName(row.lag_s)}`;

function addedFrame(host, rows) {
  frame(host, {
    id: "beyond", title: "What a third adds to a pair", caption: "“All three”: what no two and a third tell apart. “Adds”: what the third tells and the pair does not. “Repeats”: what the third tells of what the pair tells. The largest values over lags with 95 % intervals; filled where one stands clear of chance, hollow where there is no evidence.",
    label: () => rows.slice(0, 4).map(atLag).join("; "),
    draw: (width) => dotRows(rows.map((row) => ({ name: row.name, low: row.low, high: row.high, main: row.clear, value: row.clear ? row.value : null, hollow: row.clear ? null : row.value, tip: `${atLag(row)}${qText(row.q)}` })), { width, x: rangeOf(rows), xTitle: "bits", mark: 0, above: true }),
    table: () => ({ columns: ["what", "pair", "third", "lag (s)", "bits", "from", "to", "q", "clear of chance"], rows: rows.map((row) => [row.atom, row.pair, row.third, row.lag_s, row.value, row.low, row.high, row.q, row.clear ? "yes" : "no"]) }),
  });
}

function prevailsFrame(host, rows) {
  frame(host, {
    id: "prevails", title: "Does redundancy or synergy prevail?", caption: "By how much the target raises the O-information of three modalities, at the lag where it is furthest from zero. Right of zero they repeat one another, left of it they tell more together than apart. Lines are 95 % intervals, often wider than need be.",
    label: () => rows.slice(0, 4).map(atLag).join("; "),
    draw: (width) => dotRows(rows.map((row) => ({ ...row, main: true, tip: atLag(row) })), { width, x: rangeOf(rows), xTitle: "O-information about the target (bits)", mark: 0, above: true }),
    table: () => ({ columns: ["triple", "lag (s)", "bits", "from", "to"], rows: rows.map((row) => [row.name, row.lag_s, row.value, row.low, row.high]) }),
  });
}

section("beyond", (_, { added, prevails }) => {
  const host = hostOf("beyond-host");
  addedFrame(host, added);
  prevailsFrame(host, prevails);
});
