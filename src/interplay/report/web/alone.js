// What single modalities tell.

function aloneFrame(host) {
  const { mi, mi_error: errors } = PROFILE;
  const made = frame(host, {
    id: "alone", title: "Information of one modality about the target", hint: "",
    caption: `Bits, by ${TIME.name}; in brackets where the 95 % interval holds zero. What a modality tells alone is its redundancy with any partner plus what is unique to it beside that partner.`,
    label: () => `Heat map: ${NAMES[mi.indexOf([...mi].sort((a, b) => most(b) - most(a))[0])]} tells most alone.`,
    draw: (width) => {
      const top = Math.max(most(mi.flat()), 0.001);
      return [gridOfModalities({ width, made, columns: MOMENTS.map((k) => TIME.labels[k]), max: top, value: (r, c) => mi[r][MOMENTS[c]], text: (r, c) => bracketed(fixed(mi[r][MOMENTS[c]], 2), errors && mi[r][MOMENTS[c]] <= Z95 * errors[r][MOMENTS[c]]), xTitle: TIME.name, describe: (r, c) => `${NAMES[r]}, ${TIME.points[MOMENTS[c]]}: ${bitsText(mi[r][MOMENTS[c]], errors && errors[r][MOMENTS[c]])}` }), scaleOf(0, top, "bits")];
    },
    table: () => ({ columns: ["modality", ...TIME.heads, "bits", "from", "to"], rows: NAMES.flatMap((name, m) => TIME.cells.map((cells, l) => [name, ...cells, mi[m][l], errors ? mi[m][l] - Z95 * errors[m][l] : null, errors ? mi[m][l] + Z95 * errors[m][l] : null])) }),
  });
}

section("alone", () => {
  if (hostOf("alone-host")) aloneFrame(hostOf("alone-host"));
});
