"use strict";
// Data, elements, numbers and what the reader has chosen. Names only ever reach the page as text.

const DATA = JSON.parse(document.getElementById("data").textContent);
const NAMES = DATA.modalities;
const PROFILE = DATA.profile;
/** What the time of the profile is called, and for each of its moments what is written of it and where it stands. */
const TIME = PROFILE && PROFILE.time;
const Z95 = 1.96;
const ATOMS = [
  { key: "r", name: "redundancy", short: "both tell the same", colour: "var(--r)" },
  { key: "u1", name: "unique to the first", colour: "var(--u1)" },
  { key: "u2", name: "unique to the second", colour: "var(--u2)" },
  { key: "s", name: "synergy", short: "only both together", colour: "var(--s)" },
];
/** What draws into each section once the page is there: [its name, act(host, data)]. */
const drawings = [];
const section = (name, act) => drawings.push([name, act]);
const hostOf = (id) => document.getElementById(id);
const LINES = [0, 1, 2, 3, 4, 5, 6].map((k) => `var(--l${k})`);
const DASHES = ["", "7 3", "2 3", "9 3 2 3"];

function add(parent, ...children) {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(child instanceof Node ? child : String(child));
  }
  return parent;
}

function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

const el = (tag, attributes, ...children) => add(put(document.createElement(tag), attributes), ...children);
const draw = (tag, attributes, ...children) =>
  add(put(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes), ...children);

// ---- numbers

const known = (v) => v !== null && v !== undefined && !Number.isNaN(v);
const fixed = (v, digits = 3) => (known(v) ? v.toFixed(digits).replace(/^-(0\.?0*)$/, "$1") : "–");
const short = (v) => (known(v) ? String(Number(v.toPrecision(3))) : "–");
/** The same in the room of six letters. */
const tight = (v) => (short(v).length > 6 ? v.toExponential(1) : short(v));
const bracketed = (text, unsure) => (unsure ? `(${text})` : text);
const expertName = (k, synergyExperts) => `${k + 1}${k < synergyExperts ? " (synergy)" : ""}`;
const percent = (v) => (known(v) ? `${(100 * v).toFixed(0)} %` : "–");
/** Shares in % with as many digits as tell the largest from the others. */
const shareDigits = (top) => (top >= 0.1 ? 0 : top >= 0.01 ? 1 : 2);
/** How long before the prediction a step of a window lies. */
const lagName = (s) => `${short(s)} s`;
const bitsText = (v, error) =>
  known(error) ? `${fixed(v)} bits (95 % interval ${fixed(v - Z95 * error)} to ${fixed(v + Z95 * error)})` : `${fixed(v)} bits`;
const qText = (q) => (known(q) ? `, q = ${short(q)}` : "");
const say = (text) => { hostOf("said").textContent = text; };
const most = (values) => values.reduce((top, v) => (known(v) && v > top ? v : top), -Infinity);
const mean = (values) => {
  const seen = values.filter(known);
  return seen.length ? seen.reduce((a, b) => a + b, 0) / seen.length : null;
};
const counted = (n, one, several) => `${n.toLocaleString("en")} ${n === 1 ? one : several || `${one}s`}`;

// ---- the profile: arrays over pairs i < j in row order, then lags or bins of time

const nM = NAMES.length;
const nL = PROFILE ? TIME.at.length : 0;
const pairIndex = (i, j) => i * nM - (i * (i + 1)) / 2 + (j - i - 1);

/** One atom of modalities i, j at lag number k: bits, standard error and whether it is significant.
 *  atom: "redundancy", "unique" (in i, not in j), "synergy" or "joint_mi". */
function atomAt(atom, i, j, k) {
  const low = Math.min(i, j), high = Math.max(i, j);
  const at = pairIndex(low, high) * nL + k;
  const key = { redundancy: "r", synergy: "s", joint_mi: "joint" }[atom] || (i < j ? "u1" : "u2");
  const errors = PROFILE[`${key}_error`];
  const bits = PROFILE[key][at], error = errors ? errors[at] : null, p = PROFILE.p ? PROFILE.p[at] : null;
  return { bits, error, lag: k, q: PROFILE.q ? PROFILE.q[at] : null, p, clear: PROFILE[`${key}_clear`][at] };
}

/** The same at lag k, or with k = -1 at the lag where it is largest. */
function atomOf(atom, i, j, k) {
  if (k >= 0) return atomAt(atom, i, j, k);
  let best = atomAt(atom, i, j, 0);
  for (let l = 1; l < nL; l += 1) {
    const other = atomAt(atom, i, j, l);
    if (known(other.bits) && (!known(best.bits) || other.bits > best.bits)) best = other;
  }
  return best;
}

// ---- what the reader has chosen, passed on to all who listen

const chosen = { i: 0, j: 1, atom: "redundancy", lag: -1, clear: false, text: "", group: "", layer: 0, quantity: "use" };
const listeners = [];
const listen = (names, act) => listeners.push({ names, act });
function choose(change) {
  const changed = Object.keys(change).filter((name) => chosen[name] !== change[name]);
  Object.assign(chosen, change);
  for (const { names, act } of listeners) if (names.some((name) => changed.includes(name))) act();
  if (changed.length) remember();
}

const groupNames = Object.keys(DATA.groups);
/** Moments of the profile as they are drawn: time runs to the right everywhere, so that lag 0, the newest, is last. */
const MOMENTS = PROFILE ? [...TIME.at.keys()] : [];
if (PROFILE && TIME.backwards) MOMENTS.reverse();

const memberOf = NAMES.map((_, k) => groupNames.find((name) => DATA.groups[name].includes(k)));

/** Whether a modality passes the search and the group. */
function passes(k) {
  const text = chosen.text.trim().toLowerCase();
  return (!text || NAMES[k].toLowerCase().includes(text)) && (!chosen.group || memberOf[k] === chosen.group);
}
