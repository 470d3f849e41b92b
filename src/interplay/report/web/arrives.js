// What each lag of a modality adds to all more recent ones.

function arrivesFrame(host, { bits, error, clear }) {
  const made = frame(host, {
    id: "arrives", title: "Information that is new at a lag", hint: "",
    caption: "Bits that a modality tells at a lag and at no more recent one; in brackets where they are not clear of chance. At the first lag everything is new.",
    label: () => `Heat map: ${NAMES[bits.indexOf([...bits].sort((a, b) => most(b) - most(a))[0])]} has the largest news.`,
    draw: (width) => {
      const top = Math.max(most(bits.flat()), 0.001);
      return [gridOfModalities({ width, made, columns: MOMENTS.map((k) => TIME.labels[k]), max: top, value: (r, c) => bits[r][MOMENTS[c]], text: (r, c) => bracketed(fixed(bits[r][MOMENTS[c]], 2), !clear[r][MOMENTS[c]]), xTitle: TIME.name, describe: (r, c) => `${NAMES[r]}, ${TIME.points[MOMENTS[c]]}: ${bitsText(bits[r][MOMENTS[c]], error[r][MOMENTS[c]])} that no more recent lag tells` }), scaleOf(0, top, "bits")];
    },
    table: () => ({ columns: ["modality", ...TIME.heads, "new bits", "from", "to", "clear of chance"], rows: NAMES.flatMap((name, m) => TIME.cells.map((cells, l) => [name, ...cells, bits[m][l], bits[m][l] - Z95 * error[m][l], bits[m][l] + Z95 * error[m][l], clear[m][l] ? "yes" : "no"])) }),
  });
}

section("arrives", (host, data) => {
  if (hostOf("arrives-host")) arrivesFrame(hostOf("arrives-host"), data);
});
